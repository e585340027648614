"""A family of a user's own, one file of at most 200 lines: from discovery to the audit, touched by nothing else."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

import failscape as fs
from failscape.cli import main

ROOT = Path(__file__).parents[2]
FILE = ROOT / "examples" / "tabular_task.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Explored by the command line; tests add to the folder what comes after."""
    out = tmp_path_factory.mktemp("runs")
    options = ["--env", "examples/Tabular-v0", "--budget", "3000", "--out", str(out), "--quiet"]
    assert main(["train", "--import", str(FILE), *options]) == 0
    return out / "tabular-tumours-0"


def test_it_is_short_and_nothing_knows_of_it() -> None:
    assert len(FILE.read_text().splitlines()) <= 200
    others = [*(ROOT / "failscape").rglob("*.py"), *(ROOT / "envs").rglob("*.py"), *(ROOT / "analysis").rglob("*.py")]
    assert not [path for path in others if re.search("[Tt]abular", path.read_text())]


def test_modes_are_found_and_confirmed(run: Path) -> None:
    modes = fs.Run(run).found_modes()
    assert modes and any(mode.confirmed for mode in modes)
    assert any("drift" in mode.name for mode in modes)
    page = (run / "report.html").read_text()
    assert "tumour-" in page and "benign" in page and "unit-mix-up" in page
    assert list(run.glob("events.out.tfevents.*"))


def test_a_failure_is_made_again(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing = fs.Run(run).probes().query("failed").index[0]
    assert main(["show", str(run), str(failing), "--import", str(FILE)]) == 0
    told = capsys.readouterr().out
    assert "item     tumour-" in told and "the same as recorded" in told


def test_people_rate_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", str(run), "--simulate", "seed=1", "--budget", "6", "--import", str(FILE)]) == 0
    assert len(fs.Run(run).ratings()) == 6


def test_it_fades_and_is_audited(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fade", str(run), "--queries", "1000", "--quiet", "--import", str(FILE)]) == 0
    folder = run.parent / "mitigated-tabular-tumours-0"
    told = json.loads((folder / "summary.json").read_text())
    assert told["targeted"]["after"] < told["targeted"]["before"] and told["nouns"]["items"] == "rows"
    assert len(pd.read_parquet(folder / "pairs.parquet")) > 500
    again = fs.Run(run.parent / "tabular-tumours-1")
    assert again.summary["run"]["target"].startswith("rows:tumours?weights=")
    assert main(["audit", str(run), "--import", str(FILE)]) == 0
    audit = (run / "audit.html").read_text()
    assert "measurements" in audit and "sorts rows into 2 classes" in audit


def test_its_concepts_have_names_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train", "--import", str(FILE), "--env", "examples/Tabular-v0", "--algo", "random", "--budget", "64"]
    options = ["--out", str(tmp_path), "--no-report", "--quiet"]
    assert main([*train, *options, "--concepts", "drift=-2,0,2", "missing=0..0.5/4"]) == 0
    levels = fs.Run(tmp_path / "random-tabular-tumours-0").settings.space["levels"]
    assert levels["drift"] == [-2, 0, 2] and len(levels["missing"]) == 4
    assert main([*train, *options, "--concepts", "drft"]) == 2
    assert "no concept 'drft' here; did you mean drift?" in capsys.readouterr().err
