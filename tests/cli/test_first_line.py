"""The first line comes before anything heavy is imported, and each step after it is told."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from failscape.agents.registry import DEFAULTS
from failscape.cli import COMMANDS, main
from failscape.common.task import tasks
from failscape.envs.actions.parsing import EXPLORATIONS
from failscape.terminal.output import EVERY, Terminal, steps
from tests.test_architecture import HEAVY

ROOT = Path(__file__).parents[2]
LEFT = 7  # exit status of a process that was about to import something heavy
# Leaves at once, as a process that is killed does: nothing is flushed that was not.
GUARD = f"""
import os, sys

class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            os._exit({LEFT})

sys.meta_path.insert(0, Guard())
"""
TOY = ["--env", "failscape/Toy-v0", "--algo", "random", "--budget", "100", "--no-report"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("runs")
    assert main(["train", *TOY, "--quiet", "--out", str(out)]) == 0
    return str(out / "random-toy-0")


COMMAND_LINES = {
    "plan": (["--points", "5x5", "--items", "100"], "plan of a run"),
    "train": (["--env", "failscape/Summarizer-v0"], "failscape/Summarizer-v0"),
    "scan": (["RUN"], "scan of RUN"),
    "landscape": (["RUN"], "landscape of RUN"),
    "compare": (["RUN", "RUN"], "RUN → RUN"),
    "show": (["RUN", "3"], "probe 3 of RUN"),
    "check": (["RUN", "--max-failure-rate", "1"], "check of RUN"),
    "pairs": (["--data", "street:traffic?n=9"], "pairs that embedded:street-clip takes for alike"),
    "questions": (["pairs.parquet"], "questions about pairs.parquet"),
    "feedback": (["RUN"], "ratings of RUN"),
    "mitigate": (["RUN"], "fine-tuning the target of RUN"),
    "fade": (["RUN"], "fine-tune, explore again, compare: RUN"),
    "audit": (["RUN"], "audit of RUN"),
}


def test_every_command_is_tried() -> None:
    assert set(COMMAND_LINES) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_first_line_comes_before_heavy_imports(command: str, run: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    options, subject = COMMAND_LINES[command]
    argv = [sys.executable, "-m", "failscape.cli", command, *(run if word == "RUN" else word for word in options)]
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    process = subprocess.run(argv, cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True)
    assert process.returncode == LEFT, process.stderr.decode()
    first, second = process.stdout.decode().splitlines()
    assert first == f"failscape 0.1.0 · {subject.replace('RUN', run)}" and second == "loading libraries ..."


def test_steps_are_told_in_lines_where_there_is_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TOY, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    told = ["loading libraries ...", "loading the target ...", "measuring how fast the target answers ..."]
    assert out[0] == "failscape 0.1.0 · failscape/Toy-v0" and out[1:4] == told
    assert sum(line.startswith("exploring: ") for line in out) == 1 and "looking for failure modes ..." in out


def test_pictures_that_are_read_and_looked_at_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "--data", "street:?n=40", "--concepts", "darken=.2,.6", "--algo", "random", "--budget", "64"]
    assert main([*command, "--no-report", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "reading images: 1 of 40\n" in out and "looking at unedited images: 40 of 40\n" in out
    assert out.count("reading images: ") == 1


def test_quiet_prints_results_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TOY, "--quiet", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "failscape 0.1.0" not in out and " ..." not in out and "of edited items fail" in out


def test_a_long_step_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    with steps(Terminal(), lambda: now) as tell:
        for done in range(1, 101):
            tell("reading", done, 100)
            now += EVERY / 40
    assert capsys.readouterr().out.splitlines() == ["reading: 1 of 100", "reading: 41 of 100", "reading: 81 of 100"]


def test_a_terminal_has_one_bar_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = Terminal()
    terminal.file = io.StringIO()
    with steps(terminal) as tell:
        tell("reading [b]", 1, 4)
        tell("looking \x1b[31m", 2, 4, "3 [/i] failures")
        (task,) = tell.bar.tasks
        assert (task.description, task.completed, task.total) == (r"looking \x1b[31m", 2, 4)
        tell.bar.refresh()
    drawn = terminal.file.getvalue()
    assert "2 of 4" in drawn and "3 [/i] failures" in drawn and r"looking \x1b[31m" in drawn


@pytest.mark.parametrize("explore", EXPLORATIONS)
def test_the_explorer_that_nobody_named_is_told_and_help_says_the_same(
    explore: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    default = DEFAULTS[explore]
    command = ["train", "--env", "failscape/Toy-v0", "--explore", explore, "--budget", "600", "--no-report"]
    assert main([*command, "--out", str(tmp_path / "one")]) == 0
    assert f"{default} (the default here; --algo names another)" in capsys.readouterr().out
    assert main([*command, "--out", str(tmp_path / "two"), "--algo", default]) == 0
    assert "default here" not in capsys.readouterr().out


def test_help_names_the_default_explorer_of_every_way_to_explore(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "(default: dqn; with --explore factored or fsrl random, with micro best-first; of tables scan)" in said
    assert DEFAULTS == {"macro": "dqn", "factored": "random", "fsrl": "random", "micro": "best-first"}
    assert set(DEFAULTS) == set(EXPLORATIONS)
    assert {task.name: task.explorer for task in tasks() if task.explorer} == {"recorded-answers": "scan"}
