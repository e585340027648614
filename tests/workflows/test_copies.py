"""Ten pictures under thirty names each are ten pictures: nothing is confirmed by copies of what was explored."""

from pathlib import Path

import numpy as np
import pytest

from failscape.cli import main
from failscape.data.street import StreetSource
from failscape.workflows.run import Run

WALK = ["--explore", "micro", "--algo", "random"]


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    street = StreetSource(10, seed=77)
    for i in range(10):
        folder = tmp_path / "data" / street.group_names[street.labels[i]]
        folder.mkdir(parents=True, exist_ok=True)
        for copy in range(30):
            street.load(i).save(folder / f"{i}-{copy:02d}.png")
    return tmp_path / "data"


def explored(data: Path, out: Path, *more: str) -> Run:
    grid = ["--concepts", "rotation=-20,0,20", "darken=0,0.3,0.6"]
    options = ["--data", str(data), "--only-matching", "--no-report", "--quiet", "--out", str(out)]
    assert main(["train", *grid, *options, *more]) == 0
    (folder,) = out.iterdir()
    return Run(folder)


def test_copies_confirm_nothing(copies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = explored(copies, tmp_path / "runs", "--algo", "random", "--budget", "700")
    items, summary = run.items(), run.summary
    assert (items["held_out"].groupby(items["cluster"]).nunique() == 1).all() and items["cluster"].nunique() == 10
    assert summary["data"]["n_different"] == 10 and not any(mode.confirmed for mode in run.found_modes())
    assert run.landscape().n_baseline <= 10 and run.landscape().table["trials"].max() <= 10
    assert any("290 of the 300 items are copies" in note for note in summary["warnings"])
    assert "there are 10 different ones, and copies count once" in capsys.readouterr().out


def test_walks_from_copies_break_an_item_once(copies: Path, tmp_path: Path) -> None:
    run = explored(copies, tmp_path / "runs", *WALK, "--budget", "500")
    smallest = run.smallest()
    assert smallest is not None and smallest.n_items <= 10
    clusters = run.items()["cluster"].loc[smallest.table["item"]]
    assert len(np.unique(clusters)) == len(clusters)
