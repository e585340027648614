"""A run folder from a stranger: no code runs because the folder names it, in whatever command opens it."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
import yaml

import failscape as fs
from failscape.cli import main
from failscape.errors import Doubt, UsageError
from failscape.mitigation import registry as trainers
from failscape.settings import Settings
from failscape.targets import registry as targets
from failscape.user_code import import_user_code
from failscape.workflows.mitigation_plan import Plan
from failscape.workflows.resume import resume
from failscape.workflows.run import Run

FILE, MODULE, ENV, TASK = "acme_rows.py", "acme_rows", "acme/Rows-v0", "acme-rows"
TABULAR = Path(__file__).parents[1] / "support" / "tabular.py"
RUN, AFTER, PLAN = "runs/random-rows-one-column-0", "runs/random-rows-one-column-1", "runs/mitigated-rows-one-column-0"
QUIET = ["--no-report", "--quiet"]

# What opens a run and builds its environment again.
REBUILDING: dict[str, list[str]] = {
    "show": ["show", RUN, "0"],
    "scan": ["scan", RUN, *QUIET],
    "resume": ["train", "--resume", RUN, *QUIET],
    "feedback": ["feedback", RUN, "--simulate", "noise=1", "--no-report"],
    "audit": ["audit", RUN],
    "audit after": ["audit", RUN, "--after", AFTER],
    "compare": ["compare", RUN, AFTER, "--queries", "100"],
    "mitigate": ["mitigate", RUN, "--method", "refit", "--queries", "100", "--quiet"],
    "mitigate resume": ["mitigate", "--resume", PLAN, "--quiet"],
    "fade": ["fade", RUN, "--method", "refit", "--queries", "100", "--quiet"],
    "fade mitigated": ["fade", RUN, "--mitigated", PLAN, "--queries", "100", "--quiet"],
}
# What reads it only, and what reads it for another environment.
READING: dict[str, list[str]] = {
    "landscape": ["landscape", RUN],
    "check": ["check", RUN, "--max-failure-rate", "1"],
    "compare": ["compare", RUN, RUN],
}
OTHERS: dict[str, list[str]] = {
    "from": ["train", "--explore", "micro", "--from", RUN, "--max-items", "100", *QUIET],
    "reward": ["train", "--reward", f"human:{RUN}", "--max-items", "100", *QUIET],
}


def forget() -> None:
    """As a new process would be: nothing of the user's is imported or registered."""
    gym.registry.pop(ENV, None)
    targets._registered.pop("acme", None)
    trainers._registered.pop(TASK, None)
    for name in (MODULE, f"failscape_user_{MODULE}"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with somebody's code and what it made; the code leaves a mark wherever it runs."""
    folder = tmp_path_factory.mktemp("stranger")
    code = TABULAR.read_text()
    for name, own in (("tests/Tabular-v0", ENV), ("one-column-classification", TASK), ("logistic:", "acme:")):
        code = code.replace(name, own)
    code = code.replace('register_target("logistic")', 'register_target("acme")')
    (folder / FILE).write_text(f"{code}\nPath('sprung').touch()\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train = ["train", "--env", ENV, "--algo", "random", "--budget", "2000", *QUIET, "--import", FILE]
        assert main(train) == 0
        fade = ["fade", RUN, "--method", "refit", "--queries", "100", "--quiet", "--import", FILE]
        assert main(fade) == 0
    forget()
    (folder / "sprung").unlink()
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy to work in, where Python would find the module, too."""
    folder = Path(shutil.copytree(made, tmp_path / "place"))
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    forget()
    yield folder
    forget()


def change_configs(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    for path in [*folder.glob("runs/*/config.yml"), *folder.glob("runs/*/mitigation.yml")]:
        config = yaml.safe_load(path.read_text())
        change(config)
        path.write_text(yaml.safe_dump(config))


def by_module(config: dict[str, Any]) -> None:
    """The code is named by the environment instead of by a file."""
    if "env" in config:
        config |= {"env": f"{MODULE}:{ENV}", "imports": [], "digests": {}}
    else:
        config |= {"imports": [MODULE], "digests": {}}


@pytest.mark.parametrize("how", ["file", "module"])
def test_no_command_runs_what_a_folder_names(how: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if how == "module":
        change_configs(place, by_module)
    named = FILE if how == "file" else MODULE
    for name, argv in REBUILDING.items():
        capsys.readouterr()
        assert main(argv) == 2, name
        err = capsys.readouterr().err
        assert err.startswith("error: runs/") and f" was made with {named}, " in err and err.count("\n") == 1, name
        assert err.endswith(f"where you trust it: failscape {' '.join(argv)} --import {named}\n"), name
        assert not (place / "sprung").exists(), name
    for name, argv in READING.items():
        assert main(argv) == 0, name
    for argv in OTHERS.values():
        assert main(argv) == 2
    assert not (place / "sprung").exists()
    assert not {MODULE, f"failscape_user_{MODULE}"} & set(sys.modules)


@pytest.mark.parametrize(
    ("name", "how"), [*((name, "file") for name in REBUILDING), ("show", "module"), ("mitigate resume", "module")]
)
def test_named_again_it_runs(name: str, how: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if how == "module":
        change_configs(place, by_module)
    if name == "mitigate resume":
        (place / PLAN / "summary.json").unlink()
    assert main([*REBUILDING[name], "--import", FILE if how == "file" else MODULE]) == 0
    assert (place / "sprung").exists() and "warning" not in capsys.readouterr().err


def test_what_is_printed_to_go_on_with_names_the_code(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", RUN, "--import", FILE]) == 0
    out = capsys.readouterr().out
    for command in (f"failscape scan {RUN}", f"failscape feedback {RUN}", f"failscape fade {RUN}"):
        assert f"{command} --import {FILE}  " in out
    assert f"failscape scan {RUN} --import {FILE}</code>" in (place / RUN / "report.html").read_text()
    assert main(["mitigate", RUN, "--method", "refit", "--queries", "100", "--import", FILE]) == 0
    assert f"--mitigated {PLAN[:-1]}1 --import {FILE}   explore it again" in capsys.readouterr().out


def test_a_file_that_has_changed_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = hashlib.sha256((place / FILE).read_bytes()).hexdigest()
    assert Run(RUN).settings.digests == {FILE: digest} == Plan.load(place / PLAN).digests
    (place / FILE).write_text((place / FILE).read_text() + "# another line\n")
    for name in ("show", "mitigate resume"):
        forget()
        assert main([*REBUILDING[name], "--import", FILE]) == 0
        warned = "runs/mitigated" if "mitigate" in name else RUN
        err = capsys.readouterr().err
        assert f"warning: {FILE} is not what it was when {warned}" in err and err.count("\n") == 1
    assert main(["scan", RUN, *QUIET, "--import", FILE]) == 0
    changed = hashlib.sha256((place / FILE).read_bytes()).hexdigest()
    assert Run("runs/scan-rows-one-column-0").settings.digests == {FILE: changed}


def test_from_python_what_the_program_imported_is_there(place: Path) -> None:
    with pytest.raises(UsageError, match=f"was made with {FILE}.*import it first, or name it: --import {FILE}"):
        resume(Run(RUN).folder, report=False)
    with pytest.raises(UsageError, match="was made with"):
        fs.fade(RUN)
    import_user_code([FILE])
    assert resume(Run(RUN).folder, report=False).summary
    forget()
    __import__(MODULE)  # as any program would, under its own name
    assert len(Run(RUN).rebuild().items) == 300
    registered = gym.registry[ENV], targets._registered["acme"]
    forget()
    gym.registry[ENV], targets._registered["acme"] = registered
    with pytest.warns(Doubt, match="which was not named: going on without"):
        assert len(Run(RUN).rebuild().items) == 300


def test_settings_hold_no_code_in_other_places(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def other_maker(config: dict[str, Any]) -> None:
        config |= {"env": "failscape/Toy-v0", "imports": [], "digests": {}, "make": {"make_mdp": f"{MODULE}:make_mdp"}}

    path = place / RUN / "config.yml"
    original = yaml.safe_load(path.read_text())
    for change, message in (
        (other_maker, "the settings of a run hold no 'make_mdp': config.yml is damaged"),
        (lambda c: c["hyperparameters"].update(tensorboard_log="away"), "random has no setting 'tensorboard_log'"),
        (lambda c: c.update(imports={FILE: 1}), "config.yml is damaged: its imports is dict"),
        (lambda c: c.update(imports=[1]), "config.yml is damaged: its imports are no names"),
        (lambda c: c.update(make=[]), "config.yml is damaged: its make is list"),
    ):
        config = yaml.safe_load(yaml.safe_dump(original))
        change(config)
        path.write_text(yaml.safe_dump(config))
        named = ["--import", FILE] if "setting '" in message else []
        assert main(["train", "--resume", RUN, *QUIET, *named]) == 2
        assert message in capsys.readouterr().err
        assert (place / "sprung").exists() == bool(named)
        (place / "sprung").unlink(missing_ok=True)
        forget()


def test_an_explorer_takes_its_own_settings_only(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place / RUN / "config.yml"
    config = yaml.safe_load(path.read_text())
    config["hyperparameters"]["tensorboard_log"] = "away"
    path.write_text(yaml.safe_dump(config))
    before = sorted(place.glob("runs/*"))
    assert main([*REBUILDING["fade mitigated"], "--seeds", "2", "--import", FILE]) == 2
    assert "random has no setting 'tensorboard_log'" in capsys.readouterr().err
    assert sorted(place.glob("runs/*")) == before


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b.py", "'a b.py'"),
        ("--out=here.py", "./--out=here.py"),
        ("x.py; touch sprung", "'x.py; touch sprung'"),
        ("\x1b[2Jx.py", "'\\x1b[2Jx.py'"),
    ],
)
def test_a_strangers_names_do_no_harm_in_a_command(name: str, shown: str) -> None:
    settings = Settings("acme/Rows-v0", "random", 0, {}, imports=[name])
    assert settings.import_option == f" --import {shown}"
