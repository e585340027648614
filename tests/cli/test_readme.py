"""README shows what the demo prints: its block is compared with a run of the same command, figures aside."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODES, WORST = "#  rule", "#  worst points"  # heads of two tables, whose rows depend on the machine's arithmetic
TIME = r"\d+ (h \d+ min|min \d+ s|s)\b"  # how long the target needs

(README_BLOCK,) = re.findall(
    r"```\n(failscape [^\n]*failscape/Classifier-v0\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
)


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
