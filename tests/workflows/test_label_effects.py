"""A run whose edits change what signs say: nothing without a right answer is asked, shown or called a failure."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from failscape.cli import main
from failscape.data.street import SIGNS
from failscape.workflows.run import Run

GRID = ["--concepts", "rotation=-10,0,10", "darken=0.3,0.5", "--data", "street:?n=320", "--device", "cpu"]
LOST = "8 of 96 cells left out: the edit leaves their class no right answer"
LABELS = (
    "concept,from,to,class,effect,becomes\nrotation,9,,straight,transformed,bear-left\ndarken,0.5,,stop,invalidated,\n"
)


@pytest.fixture(scope="module")
def found(made_once: Callable[..., Path]) -> Run:
    def make(out: Path) -> None:
        (out / "labels.csv").write_text(LABELS)
        known = ["--algo", "random", "--labels", str(out / "labels.csv")]
        assert main(["train", *GRID, *known, "--budget", "700", "--out", str(out), "--quiet"]) == 0

    return Run(made_once("labels", make) / "random-classifier-street-signs-0")


def test_every_probe_has_a_right_answer_and_is_judged_by_it(found: Run) -> None:
    probes, items, space = found.probes(), found.items(), found.landscape().space
    classes = items["group"].to_numpy()[probes["item"].to_numpy()]
    points = space.point(probes["point"].to_numpy(np.int64, copy=True))
    right = space.labels.right_answers(points, classes)
    assert (right >= 0).all() and len(probes) >= 700
    np.testing.assert_array_equal(probes["failed"].to_numpy(bool), probes["predicted"].to_numpy() != right)
    turned = (classes == SIGNS.index("straight")) & (points[:, 0] == 2)
    assert turned.any() and (right[turned] == SIGNS.index("bear-left")).all()
    assert not ((classes == SIGNS.index("stop")) & (points[:, 1] == 1)).any()


def test_the_summary_and_the_report_count_what_was_left_out(found: Run) -> None:
    # Straight and bear-left at -10°, bear-right at 10°, each at two levels of darken; stop at three angles.
    assert found.summary["landscape"]["invalid_share"] == pytest.approx(9 / 96)
    page = (found.folder.path / "report.html").read_text()
    said = "9 of 96 cells left out: the edit leaves their class no right answer"
    assert said in page and "2 of 96 cells judged by another class, which the edit makes right" in page
    assert json.loads((found.folder.path / "summary.json").read_text())["warnings"] == found.summary["warnings"]
    assert not [text for text in found.summary["warnings"] if "assumed" in text]


def test_the_terminal_says_so_before_and_after(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = ["train", *GRID, "--algo", "random", "--budget", "64", "--no-report", "--out", str(tmp_path)]
    assert main(run) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.count(LOST) == 2
    assert main([*run[:2], "rotation=-5,0,5", *run[4:]]) == 0
    assert "left out" not in capsys.readouterr().out


def test_a_run_that_is_resumed_and_a_scan_of_it_leave_out_the_same(found: Run, tmp_path: Path) -> None:
    assert main(["scan", str(found.folder.path), "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    (scan,) = (Run(path) for path in tmp_path.iterdir())
    assert scan.landscape().space.describe() == found.landscape().space.describe()
    probes, classes = scan.probes(), scan.items()["group"].to_numpy()
    space = scan.landscape().space
    points = space.point(probes["point"].to_numpy(np.int64, copy=True))
    assert space.valid(points, classes[probes["item"].to_numpy()]).all()
    explored = (~scan.items()["held_out"]).to_numpy()
    per_class = np.bincount(classes[explored], minlength=len(SIGNS))
    grid, label = (a.ravel() for a in np.meshgrid(np.arange(space.n_points), np.arange(len(SIGNS))))
    assert len(probes) == per_class[label][space.valid(space.point(grid), label)].sum()


def test_the_audit_names_them_among_what_was_not_tested(found: Run, tmp_path: Path) -> None:
    assert main(["audit", str(found.folder.path), "--out", str(tmp_path)]) == 0
    page = " ".join((tmp_path / "audit.html").read_text().split())
    start = page.index("What was not tested")
    assert "Pictures that an alteration leaves without a right answer: 9 of 96 combinations" in page[start:]
