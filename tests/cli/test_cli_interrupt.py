"""A command that is stopped at any moment says what is saved and how to go on; nothing is lost."""

import shlex
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from failscape.records.ratings import RatingStore
from failscape.workflows.run import Run
from tests.support.interrupted import Commands, Ended

ROOT = Path(__file__).parents[2]
# The toy, which says how often it was asked, and that it is about to be made.
CODE = """
import sys
import failscape as fs
from failscape.envs.tasks import toy


class Told(toy.ToyTarget):
    def __call__(self, inputs, seeds=None):
        outputs = super().__call__(inputs, seeds)
        sys.audit("asked", self.n_queries)
        return outputs


def make_mdp(**_):
    sys.audit("made", "toy")
    mdp = toy.make_mdp()
    return mdp.with_target(Told(), mdp.baseline)


fs.register_env("acme/Told-v0", make_mdp)
"""
RUN, CODED = "runs/random-toy-0", ["--import", "told.py"]
# Without memory each step asks the target, and one environment makes steps many.
LONG = ["train", "--env", "acme/Told-v0", "--algo", "random", "--num-envs", "1", "--budget", "400", "--set", "memory=0"]
TABULAR = ["--import", "tabular.py"]
FOUND, MENDED = "runs/random-tabular-one-column-0", "runs/mitigated-tabular-one-column-0"
AGAIN = "runs/random-tabular-one-column-1"
NOTHING = "stopped; nothing was saved\n"
QUIET = ["--no-report", "--quiet"]
QUICK = ["--method", "refit", "--queries", "100", "--quiet", *TABULAR]


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    commands = Commands()
    yield commands
    commands.close()


@pytest.fixture(scope="module")
def found(commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run of a target that can be fine-tuned; tests must not change it."""
    folder = tmp_path_factory.mktemp("found")
    shutil.copy(ROOT / "tests" / "support" / "tabular.py", folder)
    train = ["train", "--env", "tests/Tabular-v0", "--algo", "random", "--budget", "2000", *QUIET, *TABULAR]
    assert commands(folder, *train).status == 0
    return folder


@pytest.fixture
def place(found: Path, tmp_path: Path) -> Path:
    """A copy to work in."""
    (found / "told.py").write_text(CODE)
    return Path(shutil.copytree(found, tmp_path / "place"))


def go_on(commands: Commands, place: Path, ended: Ended, saved: str) -> str:
    """Do what a stopped command says goes on; returns the command."""
    assert ended.status == 130 and ended.err.startswith(f"stopped; saved {saved}; go on with: failscape ")
    assert ended.err.count("\n") == 1
    command = ended.err.partition("go on with: failscape ")[2].strip()
    again = commands(place, *shlex.split(command))
    assert (again.status, again.err) == (0, "")
    return command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_run_loses_nothing_and_is_finished_by_resume(
    number: signal.Signals, commands: Commands, place: Path
) -> None:
    run = place / "runs" / "random-told-toy-0"
    ended = commands(place, *LONG, "--no-report", *CODED, at=("asked", "300"), send=number)
    saved = Run(run).probes()
    assert 200 < len(saved) < 400 and not (run / "summary.json").exists()
    resume = ["train", "--resume", "runs/random-told-toy-0", *CODED]
    if number == signal.SIGINT:
        assert "stopping after this batch ..." in ended.out
        # Loading what goes on is no loss either.
        assert commands(place, *resume, at=("made", "toy")).err == ended.err
        assert go_on(commands, place, ended, f"{len(saved)} probes in runs/random-told-toy-0") == shlex.join(resume)
    else:
        assert ended.status == -signal.SIGKILL
        assert commands(place, *resume, "--no-report", "--quiet").status == 0
    finished = Run(run).probes()
    pd.testing.assert_frame_equal(finished.iloc[: len(saved)], saved)  # not made again: even their times are the same
    assert commands(place, *LONG, *QUIET, *CODED, "--out", "whole").status == 0
    whole = place / "whole" / "random-told-toy-0"
    pd.testing.assert_frame_equal(finished.drop(columns="time"), Run(whole).probes().drop(columns="time"))
    assert (run / "summary.json").read_text() == (whole / "summary.json").read_text()


@pytest.mark.parametrize(
    "at",
    [
        ("made", "toy"),
        ("os.mkdir", "told-toy"),
        ("os.rename", "config.yml"),
        ("open", "baseline"),
        ("sqlite3.connect", "told-toy"),
    ],
)
def test_before_the_first_probe_nothing_is_left(at: tuple[str, str], commands: Commands, place: Path) -> None:
    ended = commands(place, *LONG, *CODED, "--out", "new", at=at)
    assert (ended.status, ended.err) == (130, NOTHING)
    assert not list(place.glob("new/*"))


def test_after_the_last_probe_it_stops_at_once(commands: Commands, place: Path) -> None:
    ended = commands(place, *LONG, *QUIET, *CODED, at=("os.rename", "summary.json"))
    assert not (place / "runs" / "random-told-toy-0" / "summary.json").exists()
    assert ended.err.startswith("stopped; saved 4") and " probes in runs/random-told-toy-0; go on with" in ended.err


READING = {
    "landscape": ["landscape", FOUND, "--csv", "a.csv"],
    "check": ["check", FOUND, "--max-failure-rate", "1"],
    "compare": ["compare", FOUND, FOUND],
    "show": ["show", FOUND, "0", *TABULAR],
    "audit": ["audit", FOUND, *TABULAR],
    "feedback": ["feedback", FOUND, "--simulate", "noise=1", *TABULAR],
    "scan": ["scan", FOUND, *TABULAR],
}


@pytest.mark.parametrize("name", READING)
def test_where_nothing_was_saved_it_says_so(name: str, commands: Commands, place: Path) -> None:
    at = ("sqlite3.connect", "scan-" if name == "scan" else FOUND)
    before = sorted(place.rglob("*"))
    ended = commands(place, *READING[name], at=at)
    assert (ended.status, ended.err) == (130, NOTHING)
    assert set(place.rglob("*")) - set(before) <= {place / "out", place / "err"}


def test_files_are_whole_or_not_there(commands: Commands, place: Path) -> None:
    for argv, second, first in (
        (["landscape", FOUND, "--csv", "a.csv", "--plot", "b.png"], "b.png", "a.csv"),
        (["audit", FOUND, *TABULAR, "--out", "."], "audit.pdf", "audit.html"),
    ):
        ended = commands(place, *argv, at=("os.rename", second))
        assert (place / first).exists() and not list(place.glob("*partial*")) and not (place / second).exists()
        assert go_on(commands, place, ended, first) == shlex.join(argv)
        assert (place / second).exists()


def test_ratings_are_kept(commands: Commands, place: Path) -> None:
    argv = ["feedback", FOUND, "--rater", "ada", "--no-report", *TABULAR]
    ended = commands(place, *argv, "--terminal", at=("builtins.input", "How bad"), typed="8\n\n\n")
    assert (ended.status, ended.err) == (130, NOTHING)
    ended = commands(place, *argv, "--terminal", at=("builtins.input", "How bad"), nth=2, typed="8\n\n\n")
    go_on(commands, place, ended, f"1 rating in {FOUND}/ratings.sqlite")
    assert "1 rating by 1 rater in" in ended.out
    with RatingStore(place / FOUND / "ratings.sqlite", read_only=True) as store:
        assert store.latest()["undesirability"].tolist() == [8]
    ended = commands(place, *argv, "--simulate", "noise=0", at=("os.rename", "reward_model"))
    assert ended.err.startswith("stopped; saved ") and f" ratings in {FOUND}/ratings.sqlite; go on with" in ended.err
    ended = commands(place, *argv, "--simulate", "noise=0", "--export", "all.csv", at=("os.rename", "all.csv"))
    assert ended.err.startswith("stopped; saved ") and f" ratings in {FOUND}/ratings.sqlite; go on with" in ended.err
    ended = commands(place, "feedback", FOUND, "--export", "all.csv", at=("os.rename", "all.csv"))
    assert ended.err == NOTHING and not (place / "all.csv").exists()


def test_a_mitigation_goes_on(commands: Commands, place: Path) -> None:
    argv = ["mitigate", FOUND, *QUICK]
    for at in (("os.mkdir", "mitigated"), ("os.rename", "mitigation.yml")):
        assert commands(place, *argv, at=at).err == NOTHING
        assert not list(place.glob("runs/mitigated*"))
    ended = commands(place, *argv, at=("os.rename", "summary.json"))
    command = go_on(commands, place, ended, f"the plan in {MENDED}")
    assert command == f"mitigate --resume {MENDED} --import tabular.py" and (place / MENDED / "summary.json").exists()
    ended = commands(place, *argv, at=("open", "mitigation.yml"))  # read to tell what came of it
    again = f"{MENDED[:-1]}1"
    assert ended.err == (
        f"stopped; saved the fine-tuned target in {again}; "
        f"go on with: failscape fade {FOUND} --mitigated {again} --import tabular.py\n"
    )


FADES = {
    "mitigating": (("os.rename", f"{MENDED}/summary"), f"the plan in {MENDED}", ""),
    "before exploring": (("os.mkdir", AGAIN), f"the fine-tuned target in {MENDED}", ""),
    "exploring": (("os.rename", f"{AGAIN}/summary"), f"the fine-tuned target in {MENDED}, 6,*", ""),
    "comparing": (("sqlite3.connect", FOUND), f"the fine-tuned target in {MENDED}, the run {AGAIN}", ""),
    "telling": (("os.rename", "before-after"), f"the fine-tuned target in {MENDED}, the run {AGAIN}", "compare"),
}


@pytest.mark.parametrize(
    "moment", [pytest.param(name, marks=[pytest.mark.slow] * (name in {"exploring", "telling"})) for name in FADES]
)
def test_a_fade_goes_on(moment: str, commands: Commands, place: Path) -> None:
    at, saved, then = FADES[moment]
    ended = commands(place, "fade", FOUND, *QUICK, at=at)
    if saved.endswith("*"):
        saved = f"{saved[:-1]}{ended.err.partition(saved[:-1])[2].partition(';')[0]}"
    command = go_on(commands, place, ended, saved)
    if then:
        assert command == f"compare {FOUND} {AGAIN} --import tabular.py"
        figures = ["compare", FOUND, AGAIN, "--queries", "100", "--json", "figures.json", *TABULAR]
        ended = commands(place, *figures, at=("os.rename", "figures.json"))
        go_on(commands, place, ended, f"{AGAIN}/before-after.html")
    else:
        assert command == f"fade {FOUND} --mitigated {MENDED} --queries 100 --import tabular.py"
    assert list(place.glob("runs/*/before-after.html"))
