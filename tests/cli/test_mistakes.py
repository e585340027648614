"""Mistakes on the command line: one line that names the thing and the mend, and nothing left behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from failscape.cli import COMMANDS, main

ROOT = Path(__file__).parents[2]
TOY = ["--env", "failscape/Toy-v0", "--algo", "random", "--budget", "300", "--no-report"]


MISTAKES = {
    "environment": (["train", "--env", "failscape/Clasifier-v0"], "did you mean failscape/Classifier-v0?"),
    "foreign environment": (["train", "--env", "CartPole-v1"], "register yours with fs.register_env"),
    "module": (["train", "--env", "no_such_module:mine/Own-v0"], "cannot import no_such_module"),
    "import": (["train", "--import", "nowhere.py"], "cannot import nowhere.py: no such file"),
    "explorer": (["train", "--algo", "rnadom"], "no explorer 'rnadom'; did you mean random?"),
    "setting": (["train", *TOY, "--set", "memroy=3"], "random has no setting 'memroy'; did you mean memory?"),
    "setting without value": (["train", *TOY, "--set", "memory"], "--set takes KEY=VALUE, got 'memory'"),
    "setting that is no YAML": (["train", *TOY, "--set", "memory=["], "'[' is not a value that YAML knows"),
    "scheme": (["train", "--target", "torchvison:alexnet"], "did you mean torchvision?"),
    "option": (["train", "--target", "torchvision:alexnet?wieghts=none"], "did you mean weights?"),
    "target": (["train", "--target", "torchvision:alexnett"], "did you mean alexnet?"),
    "concept": (["train", "--concepts", "rotatoin"], "did you mean rotation?"),
    "levels": (["train", "--concepts", "rotation=5,5"], "must be strictly increasing"),
    "reward": (["train", "--reward", "margni"], "did you mean margin?"),
    "run": (["landscape", "nowhere"], "nowhere is not a run folder"),
    "resume": (["train", "--resume", "nowhere"], "nowhere is not a run folder"),
    "check": (["check", "nowhere", "--max-failure-rate", "0.5"], "nowhere is not a run folder"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_one_clear_line(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    argv, message = MISTAKES[mistake]
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir()), "a mistake leaves nothing behind"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["train", "--budget", "abc"],
            "--budget takes a whole number from 1 up, not 'abc'; see failscape train --help",
        ),
        (["train", "--budget"], "--budget: expected one argument; see failscape train --help"),
        (["train", "--seed", "-1"], "--seed takes a whole number from 0 up, not '-1'; see failscape train --help"),
        (
            ["train", "--budgte=5"],
            "failscape train takes no '--budgte'; see failscape train --help; did you mean --budget?",
        ),
        (["audit", "RUN", "more"], "failscape audit takes no 'more'; see failscape audit --help"),
        (["train", "--alpha", "nan"], "--alpha takes a number, not 'nan'; see failscape train --help"),
        (["plan", "--speed", "0"], "--speed takes a number above 0, not '0'; see failscape plan --help"),
        (
            ["check", "RUN", "--max-failure-rate", "1.5"],
            "--max-failure-rate takes a number from 0 to 1, not '1.5'; see failscape check --help",
        ),
        (["check", "RUN"], "the following arguments are required: --max-failure-rate; see failscape check --help"),
        (["show", "RUN", "x"], "PROBE takes a whole number from 0 up, not 'x'; see failscape show --help"),
        (["fade", "RUN", "--modes", "0"], "--modes takes numbers such as 1,3, not '0'; see failscape fade --help"),
        (
            ["mitigate", "RUN", "--by", "shar"],
            "--by takes share, rate, severity or rating, not 'shar'; see failscape mitigate --help; did you mean share",
        ),
        (
            ["feedback", "RUN", "--port", "70000"],
            "--port takes a number from 0 to 65535, not '70000'; see failscape feedback",
        ),
        (["feedback", "RUN", "--simulate", "noise=nan"], "--simulate noise: 'nan' is not a number"),
        (["tarin"], "or audit, not 'tarin'; see failscape --help; did you mean train?"),
        (["--badget"], "see failscape --help"),
        ([], "the following arguments are required: COMMAND; see failscape --help"),
    ],
)
def test_arguments_that_no_command_takes_are_one_line(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if not line.startswith("loading")]) == 1
    assert told[-1].startswith("error: ") and message in told[-1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_an_unknown_option_in_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    needed = {"check": ["RUN", "--max-failure-rate", "1"], "compare": ["A", "B"], "show": ["RUN", "1"]}
    needed["pairs"] = []
    assert main([command, *needed.get(command, ["RUN"]), "--xyzzy"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: failscape {command} takes no '--xyzzy'; see failscape {command} --help"


def test_train_py_answers_a_mistake_in_one_line() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "train.py"), "--budget", "0"], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "error: --budget takes a whole number from 1 up, not '0'; see failscape train --help\n"


@pytest.mark.parametrize("option", ["--held-out=0.5", "--data=somewhere", "--device=cuda", "--max-items=5"])
def test_the_toy_refuses_what_it_does_not_have(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TOY, option, "--out", str(tmp_path)]) == 2
    assert f"failscape/Toy-v0 takes no {option.split('=')[0]}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
