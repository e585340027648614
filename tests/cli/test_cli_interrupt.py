"""A run that is stopped at any moment: nothing is lost, and it can be finished."""

import signal
import sqlite3
import time
from pathlib import Path

import pandas as pd
import pytest

from failscape.cli import main
from failscape.runs import Run
from tests.support.commands import Command

# Without memory each step asks the target, and one environment makes steps many: time enough to interrupt.
LONG = ["--env", "failscape/Toy-v0", "--algo", "random", "--num-envs", "1", "--budget", "2000", "--set", "memory=0"]
QUIET = ["--no-report", "--quiet"]


def n_probes(run: Path) -> int:
    try:
        with sqlite3.connect(f"file:{run / 'probes.sqlite'}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT COUNT(*) FROM probes").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_stopped_run_loses_nothing_and_is_finished_by_resume(number: signal.Signals, tmp_path: Path) -> None:
    run = tmp_path / "interrupted" / "random-toy-0"
    command = Command(["train", *LONG, "--no-report", "--out", "interrupted"], tmp_path)
    while n_probes(run) < 50 and command.runs:
        time.sleep(0.01)
    status, out, err = command.end(number)
    saved = Run(run).probes()
    assert 50 <= len(saved) < 2000, out + err
    assert not (run / "summary.json").exists()
    if number == signal.SIGINT:
        assert status == 130
        assert f"saved {len(saved):,} probes; continue with --resume interrupted/random-toy-0" in out
        assert err == ""
    else:
        assert status == -signal.SIGKILL

    assert main(["train", "--resume", str(run), *QUIET]) == 0
    finished = Run(run).probes()
    pd.testing.assert_frame_equal(finished.iloc[: len(saved)], saved)  # not made again: even their times are the same
    assert main(["train", *LONG, *QUIET, "--out", str(tmp_path / "whole")]) == 0
    whole = tmp_path / "whole" / "random-toy-0"
    pd.testing.assert_frame_equal(finished.drop(columns="time"), Run(whole).probes().drop(columns="time"))
    assert (run / "summary.json").read_text() == (whole / "summary.json").read_text()
