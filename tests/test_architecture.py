"""The house: imports go down the layers, never up or sideways, stay cheap, and files stay short."""

import ast
import re
import runpy
import statistics
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import setuptools

from failscape.common.task import tasks

ROOT = Path(__file__).parents[1]
LEVEL = {
    "records": 0,
    "data": 0,
    "concepts": 0,
    "targets": 0,
    "feedback": 1,
    "rewards": 2,
    "envs": 3,
    "agents": 4,
    "analysis": 4,
    "mitigation": 5,
}
COMMON = {"errors", "common"}  # of the root package, for everyone
FOLDERS = [name for name in LEVEL if (ROOT / name).is_dir()]
OTHERS = ["failscape", "tests", "zoo", "benchmarks", "examples"]
SPEAKING = {"print", "sys.stdout.write", "sys.stderr.write"}
# Files that ask objects of other libraries what they have; our own types say it.
ASKS_OTHERS = {
    "agents/sb3/training.py",
    "data/images/huggingface.py",
    "data/tables/huggingface.py",
    "data/images/torchvision.py",
    "mitigation/trainers/seq2seq.py",
    "mitigation/trainable.py",
    "targets/summarizers/generation.py",
    "targets/classifiers/heads.py",
    "targets/classifiers/preprocess.py",
    "targets/encoders/timm.py",
    "targets/pretrained.py",
}
# Beside its record: the files of each family that may name it.
OWN_FILES = {
    "image-classification": {
        "envs/tasks/image_classification.py",
        "targets/classifiers/classifier.py",
        "failscape/commands/options.py",
    },
    "recorded-answers": {"envs/tasks/recorded.py"},
    "summarization": {
        "envs/tasks/summarization.py",
        "targets/summarizers/generation.py",
        "targets/summarizers/summarizer.py",
    },
    "toy": {"envs/tasks/toy.py"},
}
MAX_FILE, MAX_FUNCTION = 300, 60  # lines; a docstring does not count as its function's
HEAVY = {"torch", "torchvision", "transformers", "diffusers", "stable_baselines3", "pandas", "sklearn", "matplotlib"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Full names of what a file imports anywhere, under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    """Which of our folders a file imports; ``failscape`` stands for the root package and its modules."""
    ours = [name.split(".") for name in imports(path) if name.split(".")[0] == "failscape"]
    found = {parts[1] if len(parts) > 1 and parts[1] in {*LEVEL, *COMMON} else "failscape" for parts in ours}
    return found - COMMON


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_go_down(folder: str) -> None:
    for path in sources(folder):
        for other in packages(path) - {folder}:
            above = other == "failscape" or LEVEL[other] >= LEVEL[folder]
            assert not above, f"{path.relative_to(ROOT)} imports {other}, which is not below {folder}"


def test_what_everyone_may_import_imports_nothing_else_of_ours() -> None:
    for path in (ROOT / "failscape" / "errors.py", *sources("failscape/common")):
        assert not packages(path), path


@pytest.mark.parametrize("folder", [*FOLDERS, *OTHERS])
def test_our_folders_are_imported_by_their_full_name(folder: str) -> None:
    for path in sources(folder):
        bare = {name.split(".")[0] for name in imports(path)} & set(LEVEL)
        assert not bare, f"{path.relative_to(ROOT)}: import failscape.{bare.pop()} by its full name"


def test_the_rule_sees_an_import_that_goes_up(tmp_path: Path) -> None:
    file = tmp_path / "up.py"
    file.write_text("import failscape\nif TYPE_CHECKING:\n    from failscape.envs.mdp import ConceptMDP\n")
    assert packages(file) == {"envs", "failscape"}


def test_every_package_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", listed.update)
    runpy.run_path(str(ROOT / "setup.py"))
    found = [
        path.parent.relative_to(ROOT).parts for path in sources(*FOLDERS, "failscape") if path.name == "__init__.py"
    ]
    assert set(LEVEL) == set(FOLDERS) == {p[0] for p in found} - {"failscape"}
    assert set(listed["packages"]) == {".".join(p if p[0] == "failscape" else ("failscape", *p)) for p in found}
    assert set(listed["package_dir"]) == {"failscape", *(f"failscape.{'.'.join(p)}" for p in found if p[0] in LEVEL)}


def test_every_folder_is_linked_for_mypy() -> None:
    made = subprocess.run(["make", "-n", "type"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    linked = {Path(word).name for word in made.split() if word.startswith("../../")}
    assert linked >= set(FOLDERS) and not linked & {*OTHERS, "docs"}


@pytest.mark.parametrize("folder", [*FOLDERS, "failscape"])
def test_every_module_is_in_a_package(folder: str) -> None:
    for path in sources(folder):
        assert (path.parent / "__init__.py").is_file(), f"{path.parent.relative_to(ROOT)} has no __init__.py"


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that ``code`` loads in a fresh process, and what it prints itself."""
    code = f"import sys; {code}; print(*{HEAVY!r} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_import_is_light_and_registers_the_suite() -> None:
    registered = "print(*(i for i in gymnasium.registry if i.startswith('failscape/')))"
    found = loaded_by(f"import failscape, gymnasium; {registered}")
    assert found >= {"failscape/Classifier-v0", "failscape/Toy-v0"}
    assert not found & HEAVY


@pytest.mark.parametrize("command", ["", "train"])
def test_help_is_light(command: str) -> None:
    argv = [command, "--help"] if command else ["--help"]
    found = loaded_by(
        f"import contextlib; from failscape.cli import main\nwith contextlib.suppress(SystemExit): main({argv!r})\n"
        "import sys"
    )
    assert "--help" in found
    assert not found & HEAVY


def test_nothing_asks_what_kind_of_grid_it_is_but_what_builds_or_charts_that_kind() -> None:
    asks = re.compile(r"isinstance\([^()]*\b(EditGrid|GroupAxis)\b")
    found = {
        str(path.relative_to(ROOT)) for path in sources(*FOLDERS, "failscape", "zoo") if asks.search(path.read_text())
    }
    assert found == {"concepts/item_axis.py", "concepts/parsing_text.py", "analysis/landscape/choice_table.py"}


def test_only_presenters_know_what_kind_of_example_they_show() -> None:
    asks = re.compile(r"is_texts|is_pictures|is defined|isinstance\([^)]*\b(Text|Image)Example")
    pages = [path for folder in ("analysis", "failscape") for path in (ROOT / folder).rglob("*.html")]
    for path in [*sources(*FOLDERS, "failscape"), *pages]:
        found = asks.search(path.read_text())
        assert found is None, f"{path.relative_to(ROOT)} asks {found[0]}; let the presenter of the items decide"


def speaks(path: Path) -> Iterator[str]:
    """Where a file writes to the terminal by itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SPEAKING:
            yield f"{path.relative_to(ROOT)}:{node.lineno}"
    if any(name.split(".")[0] == "rich" for name in imports(path)):
        yield f"{path.relative_to(ROOT)} imports rich"


def test_only_one_file_writes_to_the_terminal_so_that_names_are_never_markup() -> None:
    found = [place for path in sources(*FOLDERS, "failscape") for place in speaks(path)]
    assert {place.split(" ")[0] for place in found} == {"failscape/terminal/output.py"}, found
    markup = re.compile(r"\[/?(bold|dim|italic|underline|red|green|yellow|blue|cyan|magenta)?\]")
    terminal = [*sources("failscape"), ROOT / "feedback" / "raters.py"]
    texts = {
        node.value: path
        for path in terminal
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    styled = {text for text in texts if markup.search(text) and "``" not in text}
    assert not styled, "a style is given as style=, not in the text"


def test_nothing_asks_for_the_name_of_an_action_scheme() -> None:
    asks = re.compile(r"\b(moves|scheme)\.name\s*(==|!=|in\b|not in\b)")
    for path in sources(*FOLDERS, "failscape"):
        assert not asks.search(path.read_text()), f"{path.relative_to(ROOT)}: let the scheme itself say it"


def test_our_own_types_are_not_asked_what_they_have() -> None:
    found = set()
    for path in sources(*FOLDERS, "failscape"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                asks = node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) == 3)
                found |= {str(path.relative_to(ROOT))} if asks else set()
    assert found == ASKS_OTHERS


def test_a_family_is_named_in_its_own_files_only() -> None:
    assert {task.name for task in tasks()} >= set(OWN_FILES)
    for task in tasks():
        if task.name not in OWN_FILES:
            continue
        record = f"failscape/families/{task.name.replace('-', '_')}.py"
        for path in sources(*FOLDERS, "failscape"):
            named = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
            if named & {task.name, task.env_id}:
                here = str(path.relative_to(ROOT))
                assert here in {record, *OWN_FILES[task.name]}, f"{here} names the family {task.name}"


def modules() -> dict[str, Path]:
    found = {}
    for path in sources(*FOLDERS, "failscape"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        found[".".join(parts if parts[0] == "failscape" else ("failscape", *parts))] = path
    return found


def test_imports_go_round_in_no_circle() -> None:
    known = modules()
    graph = {
        module: {name if name in known else name.rpartition(".")[0] for name in imports(path)} & set(known) - {module}
        for module, path in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None


def test_functions_are_short() -> None:
    for path in sources(*FOLDERS, *OTHERS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) is not None else 0
                lines = (node.end_lineno or 0) - node.lineno + 1 - docstring
                assert lines <= MAX_FUNCTION, f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"


def lengths() -> dict[Path, int]:
    return {path: len(path.read_text().splitlines()) for path in sources(*FOLDERS, *OTHERS)}


def test_most_files_are_short() -> None:
    assert statistics.median(lengths().values()) <= 130


def test_files_are_short() -> None:
    for path, n in lengths().items():
        assert n <= MAX_FILE, f"{path.relative_to(ROOT)} has {n} lines: one idea per file"
