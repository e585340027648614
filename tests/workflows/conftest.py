"""One run, mitigated, for all tests of mitigation."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from failscape.cli import main
from failscape.workflows.run import Run

GRID = ["rotation=-10,0,10", "darken=0.2,0.35,0.5", "zoom=0.5,1"]
SMALL = ["--concepts", *GRID, "--max-items", "240", "--budget", "1500", "--no-report", "--quiet", "--device", "cpu"]


@pytest.fixture(scope="session")
def found(made_once: Callable[..., Path]) -> Path:
    """A finished run with failure modes; tests must not change it."""

    def make(out: Path) -> None:
        assert main(["train", *SMALL, "--out", str(out)]) == 0

    return made_once("to-be-mitigated", make) / "classifier-street-signs-0"


@pytest.fixture(scope="session")
def faded(found: Path, made_once: Callable[..., Path]) -> tuple[Run, Run]:
    """Before and after, by the command line, side by side."""

    def make(out: Path) -> None:
        shutil.copytree(found, out / found.name)
        fade = ["--modes", "1,2", "--method", "lora", "--set", "epochs=4", "--queries", "1000"]
        assert main(["fade", str(out / found.name), *fade, "--quiet"]) == 0

    out = made_once("faded", make)
    return Run(out / found.name), Run(out / "classifier-street-signs-1")
