"""``failscape plan``: from numbers, from an environment, and what it refuses."""

import json
from pathlib import Path

import pytest

from failscape.cli import main

SIZE = ["plan", "--points", "4x4", "--items", "600", "--budget", "2000"]


def test_a_plan_says_what_can_be_found_and_what_it_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.json"
    assert main([*SIZE, "--n-groups", "40", "--speed", "20", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "2,000 queries, grid of 16 points (4x4), 600 items (480 explore, 120 held out), 40 groups" in out
    assert "where it has the mean number of held-out items, 3: at least 6 are needed" in out
    assert "search: 2,000 queries (about 1 min 40 s)" in out and "664 for unedited items" in out
    figures = json.loads(path.read_text())
    of_all, of_one = figures["outlook"]["reaches"]
    assert 0.05 < of_all["smallest"] < 0.5 and of_one["smallest"] is None
    assert f"where {100 * of_all['smallest']:.0f}\u00a0% fail" in out
    assert figures["cost"]["speed"] == 20 and figures["measured"] is None


def test_a_plan_measures_an_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--env", "failscape/Toy-v0", "--budget", "300"]) == 0
    out = capsys.readouterr().out
    assert "grid of 25 points (5x5), 40 items (32 explore, 8 held out), 2 groups" in out
    assert "of 256 random edits fail" in out and "queries per second" in out


def test_a_plan_tells_the_queries_that_will_be_asked_where_there_are_fewer_pairs_than_the_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "at most 800 queries (each of 32 explored items at each of 25 points; the budget of {} is more), "
    assert main(["plan", "--env", "failscape/Toy-v0"]) == 0
    out = capsys.readouterr().out
    assert reason.format("20,000") + "grid of 25 points" in out and "search: 800 queries" in out
    argv = ["train", "--env", "failscape/Toy-v0", "--algo", "random", "--no-report", "--out", str(tmp_path)]
    assert main([*argv, "--budget", "801"]) == 0
    assert reason.format(801) + "of which the target needs" in capsys.readouterr().out
    assert (
        main([*argv, "--budget", "801", "--seed", "1", "--set", "memory=100"]) == 0
    )  # what is forgotten is asked again
    assert "budget 801 queries, of which the target needs" in capsys.readouterr().out


def test_a_base_rate_and_a_speed_that_are_given_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--env", "failscape/Toy-v0", "--budget", "300", "--base-rate", "0.2", "--speed", "10"]) == 0
    out = capsys.readouterr().out
    assert "base rate 20\u00a0%" in out and "search: 300 queries (about 30 s)" in out


MISTAKES = {
    "no grid": (["plan", "--items", "100"], "a plan needs --points"),
    "no items": (["plan", "--points", "5x5"], "a plan needs --items"),
    "grid": (["plan", "--points", "5by5", "--items", "100"], "as in 5x5x5, or one number, got '5by5'"),
    "grid alone": (
        ["plan", "--points", "abc"],
        "--points takes the levels of each axis, as in 5x5x5, or one number, got",
    ),
    "groups": ([*SIZE, "--n-groups", "700"], "700 groups are more than 600 items"),
    "share": (
        [*SIZE, "--covers", "1.5"],
        "--covers takes a number between 0 and 1, neither of them, not '1.5'; see failscape plan --help",
    ),
    "share alone": (["plan", "--covers", "1.5"], "--covers takes a number between 0 and 1"),
    "speed": ([*SIZE, "--speed", "0"], "--speed takes a number above 0, not '0'"),
    "none": (["plan", "--points", "5x5x5", "--items", "0"], "--items takes a whole number from 1 up, not '0'"),
    "held out": ([*SIZE, "--held-out", "1"], "the held-out share is 1"),
    "base rate": ([*SIZE, "--base-rate", "1"], "the base rate is 1"),
    "both": ([*SIZE, "--env", "failscape/Toy-v0"], "--points is taken from the environment"),
    "environment": (["plan", "--env", "failscape/Tyo-v0"], "did you mean failscape/Toy-v0?"),
    "walk": (["plan", "--env", "failscape/Toy-v0", "--explore", "micro"], "walks and tables of answers have no such"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv, message = MISTAKES[mistake]
    assert main(argv) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and message in line


def test_a_run_says_what_it_can_find(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["train", "--env", "failscape/Toy-v0", "--algo", "random", "--budget", "100", "--no-report"]
    assert main([*argv, "--out", str(tmp_path)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("finds")]
    assert "over 2 of 25 points" in line and "none of one class" in line and line.endswith("points")


def test_a_walk_makes_no_such_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["train", "--env", "failscape/Toy-v0", "--explore", "micro", "--budget", "100", "--no-report"]
    assert main([*argv, "--out", str(tmp_path)]) == 0
    assert "finds" not in capsys.readouterr().out
