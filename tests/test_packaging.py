"""What is declared, and what an installed wheel holds."""

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

import failscape
from failscape.errors import UsageError, require

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = ["tests", "zoo", "benchmarks", "examples"]
SHIPPED = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - {*NOT_SHIPPED})


def plain(name: str) -> str:
    """A distribution's name as PyPI compares it, without version or extras: ``Torch_X>=2`` is ``torch-x``."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name, maxsplit=1)[0]).lower()


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


@pytest.fixture(scope="module")
def declared(project: dict[str, Any]) -> dict[str, set[str]]:
    """Distributions by extra; ``""`` is what everyone gets."""
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: {plain(name) for name in names} - {"failscape"} for extra, names in groups.items()}


providers = cache(packages_distributions)  # reads the records of everything installed: seconds


def third_party(node: ast.AST) -> Iterator[str]:
    """Distributions that provide what is imported anywhere under ``node``."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            names = [alias.name for alias in inner.names]
        elif isinstance(inner, ast.ImportFrom):
            names = [inner.module or ""]
        else:
            continue
        for name in {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"failscape", *NOT_SHIPPED}:
            assert name in providers(), f"{name} is imported and not installed"
            yield plain(providers()[name][0])


@pytest.mark.parametrize("folder", SHIPPED)
def test_what_is_shipped_imports_what_is_declared(folder: str, declared: dict[str, set[str]]) -> None:
    optional = set().union(*(names for extra, names in declared.items() if extra != "dev"))
    for path in (ROOT / folder).rglob("*.py"):
        tree = ast.parse(path.read_text())
        at_once = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        for node in at_once:
            missing = set(third_party(node)) - declared[""]
            assert not missing, f"{path.relative_to(ROOT)} needs {missing}: not in dependencies of pyproject.toml"
        missing = set(third_party(tree)) - optional
        assert not missing, f"{path.relative_to(ROOT)} needs {missing}: in no extra of pyproject.toml"


@pytest.mark.parametrize("folder", NOT_SHIPPED)
def test_what_is_around_imports_what_is_declared(folder: str, declared: dict[str, set[str]]) -> None:
    everything = set().union(*declared.values())
    for path in (ROOT / folder).rglob("*.py"):
        missing = set(third_party(ast.parse(path.read_text()))) - everything
        assert not missing, f"{path.relative_to(ROOT)} needs {missing}: not in pyproject.toml"


def test_required_extras_bring_their_package(declared: dict[str, set[str]]) -> None:
    calls = [
        call
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*.py")
        for call in re.findall(r'require\("([\w.]+)", "(\w+)"\)', path.read_text())
    ]
    assert calls
    for module, extra in calls:
        assert plain(providers()[module.split(".")[0]][0]) in declared[extra]


def test_missing_extra_is_named() -> None:
    with pytest.raises(UsageError, match=r"pip install 'failscape\[timm\]'"):
        require("no_such_package.inner", "timm")


def test_error_inside_an_optional_package_is_not_a_missing_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        require("half_installed", "timm")


def test_versions_agree(declared: dict[str, set[str]]) -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()[1:]
    pins = {plain(line): line.split("==")[1].split(" ")[0] for line in lines}
    assert set().union(*declared.values()) <= set(pins), "constraints.txt pins every declared package"
    hooks = {
        repo["repo"]: repo["rev"] for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    }
    for name in ("ruff", "codespell"):
        assert [rev for repo, rev in hooks.items() if name in repo] == [f"v{pins[name]}"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == failscape.__version__
    assert f"## Release {failscape.__version__} " in (ROOT / "CHANGELOG.md").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of the sources, so that nothing left over from an earlier build gets in."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for folder in SHIPPED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, copy / name)
    pip(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), "."], cwd=copy)
    (built,) = out.glob("*.whl")
    return built


def pip(arguments: list[str], cwd: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], cwd=cwd, check=True)


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        "/".join(
            path.relative_to(ROOT).parts if folder == "failscape" else ("failscape", *path.relative_to(ROOT).parts)
        )
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name.split("/")[0] for name in files} == {"failscape"}
    assert files == expected
    assert {
        "failscape/py.typed",
        "failscape/agents/hyperparams/dqn.yml",
        "failscape/analysis/templates/report.html",
    } <= files


@pytest.mark.slow
def test_wheel_works_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "else where"
    elsewhere.mkdir()
    pip(["install", "--no-deps", "--target", str(site), str(wheel)], cwd=elsewhere)

    def installed(*command: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        run = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=True)
        return run.stdout

    where = "import failscape, failscape.agents.registry as module; print(failscape.__file__, module.__file__)"
    for path in installed(sys.executable, "-c", where).split():
        assert Path(path).is_relative_to(site)
    script = str(site / "bin" / "failscape")
    assert "COMMAND" in installed(script, "--help")
    installed(
        script, "train", "--env", "failscape/Toy-v0", "--algo", "random", "--budget", "64", "--no-report", "--quiet"
    )
    assert (elsewhere / "runs" / "random-toy-0" / "summary.json").is_file()
