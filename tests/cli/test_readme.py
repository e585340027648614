"""README's commands and Python do what it shows: the demo prints its block, figures aside; old runs can be opened."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from failscape.cli import main

ROOT = Path(__file__).parents[2]
MODES, WORST = "#  rule", "#  worst points"  # heads of two tables, whose rows depend on the machine's arithmetic
TIME = r"\d+ (h \d+ min|min \d+ s|s)\b"  # how long the target needs

README = (ROOT / "README.md").read_text(encoding="utf-8")
(README_BLOCK,) = re.findall(r"```\n(failscape [^\n]*failscape/Classifier-v0\n.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)


def statements(part: str) -> list[tuple[str, str]]:
    """Each line of the one block of Python that holds ``part``, with its comment."""
    (block,) = [block for block in PYTHON if part in block]
    lines = [line for line in block.splitlines() if line.strip()]
    return [(code.strip(), said.strip()) for code, _, said in (line.partition("  #") for line in lines)]


def test_an_old_run_is_opened_as_readme_shows(found_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(found_run, tmp_path / "runs" / "classifier-street-signs-0")
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    code = [line for line, _ in statements("fs.Run(")]
    assert len(code) > 10
    for line in code:
        exec(line, known)  # README is ours
    assert len(known["modes"]) and known["mdp"].space.describe() == known["run"].space.describe()


def test_actions_are_described_as_readme_shows() -> None:
    known: dict[str, Any] = {}
    n_shown = 0
    for line, said in statements("describe_action"):
        if "describe_action" in line:
            exec(f"told = {line}", known)
            assert repr(known["told"]) == said
            n_shown += 1
        else:
            exec(line, known)
    assert n_shown == 2


def test_a_plan_says_what_readme_shows(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```\n\$ failscape (plan [^\n]*)\n(.*?)```", README, re.S)
    command, shown = block
    assert main(command.split()) == 0
    steps = ("loading libraries", "computing")
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(steps)]
    assert frame(printed) == frame(shown.splitlines())


@pytest.mark.slow
def test_the_demo_prints_what_readme_shows(tmp_path: Path) -> None:
    shown = README_BLOCK.splitlines()
    command = [sys.executable, str(ROOT / "train.py"), "--env", "failscape/Classifier-v0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    printed = frame(done.stdout.splitlines())
    wanted = [line for line in frame(shown) if line]
    assert len(wanted) > 15
    rest = iter(printed)
    for line in wanted:
        assert line in rest, f"README shows {line!r}, which the demo does not print there"


def test_a_frame_is_the_same_on_faster_and_slower_machines() -> None:
    slow, fast = (f"cost  the target needs about {time} on cpu" for time in ("1 min 3 s", "8 s"))
    assert frame([slow]) == frame([fast]) != frame(["cost  the target needs about as long on cpu"])


def frame(lines: list[str]) -> list[str]:
    """Lines without figures, times and the rows of tables."""
    kept, table = [], False
    for line in lines:
        head = line.startswith((MODES, WORST))
        table = head or (table and bool(re.match(r"\d| |\.\.\.", line)))
        if head or not table:
            timeless = re.sub(TIME, "0 s", line)
            kept.append(re.sub(r"\s+", " ", re.sub(r"\d[\d.,]*", "0", timeless)).strip())
    return kept
