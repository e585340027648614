"""One run, mended, for all tests of what mending brings."""

from pathlib import Path

import pytest

from failscape.cli import main
from failscape.runs import Run

SMALL = ["--max-items", "400", "--budget", "3000", "--no-report", "--quiet", "--device", "cpu"]


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with failure modes; tests must not change it."""
    out = tmp_path_factory.mktemp("runs")
    assert main(["train", *SMALL, "--out", str(out)]) == 0
    return out / "classifier-street-signs-0"


@pytest.fixture(scope="session")
def faded(found: Path) -> tuple[Run, Run]:
    """Before and after, by the command line."""
    assert main(["fade", str(found), "--how", "lora", "--set", "epochs=4", "--queries", "3000", "--quiet"]) == 0
    return Run(found), Run(found.parent / "classifier-street-signs-1")
