"""Rating a run: what is asked in which order, the command line, and agents that learn from it. Real small runs."""

import builtins
import io
import json
from collections.abc import Iterator
from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest

import failscape as fs
from failscape.cli import main
from failscape.feedback.raters import Answer, SimulatedRater
from failscape.feedback.reward_model import RewardModel
from failscape.records.ratings import Rating, RatingStore
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run
from failscape.workflows.show import show_probe

QUIET = ["--no-report", "--quiet"]
GRID = ["--concepts", "rotation=-20,-10,0,10,20", "darken=0,0.2,0.4", "--max-items", "240"]


@pytest.fixture(scope="module")
def session(found_run: Path) -> RatingSession:
    return RatingSession(Run(found_run))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RatingStore]:
    with RatingStore(tmp_path / "ratings.sqlite") as opened:
        yield opened


def ask_in_order(session: RatingSession, store: RatingStore, rater: SimulatedRater, budget: int) -> list[str]:
    session.ask(rater, store, budget)
    frame = store.frame()
    return [str(mode) for mode in frame[frame["rater"] == rater.name]["mode"]]


def test_every_mode_is_asked_once_before_any_twice(session: RatingSession, store: RatingStore) -> None:
    n_modes = len(session.modes)
    assert n_modes > 2
    asked = ask_in_order(session, store, SimulatedRater("ada", lambda case: 5.0, noise=1.0), n_modes + 3)
    assert asked[:n_modes] == [mode.name for mode in session.modes]
    assert len(asked) == n_modes + 3 and store.frame()["case"].is_unique


def test_after_that_the_case_that_teaches_most_is_asked(session: RatingSession, store: RatingStore) -> None:
    ask_in_order(session, store, SimulatedRater("ada", lambda case: 5.0, noise=1.0), len(session.modes))
    ratings = store.latest()
    model = session.model(ratings)
    case = session.next_case(ratings, model, "ada")
    left = [other for other in session.cases.values() if other.key not in set(ratings["case"])]
    assert case is not None
    gains = model.gains(np.stack([other.features for other in left]), session.pool)
    assert left[int(gains.argmax())].key == case.key


def test_raters_share_first_cases_and_stop_where_they_were(session: RatingSession, store: RatingStore) -> None:
    n_modes = len(session.modes)
    ask_in_order(session, store, SimulatedRater("ada", lambda case: 5.0), n_modes + 1)
    ask_in_order(session, store, SimulatedRater("bob", lambda case: 5.0), 2)
    assert ask_in_order(session, store, SimulatedRater("bob", lambda case: 5.0), n_modes)[:n_modes] == [
        mode.name for mode in session.modes
    ]
    first = store.frame().groupby("rater")["case"].head(n_modes)
    assert first.value_counts().eq(2).all()
    progress = session.progress(store.latest(), "ada", 50)
    assert (progress.labels, progress.modes_rated, progress.n_modes) == (n_modes + 1, n_modes, n_modes)


def test_abstentions_cost_no_label_and_are_not_asked_again(session: RatingSession, store: RatingStore) -> None:
    rater = SimulatedRater("ada", lambda case: 5.0, abstain=0.5, seed=1)
    session.ask(rater, store, 6)
    frame = store.frame()
    assert (~frame["abstain"]).sum() == 6 < len(frame)
    assert frame["case"].is_unique
    session.ask(SimulatedRater("cleo", lambda case: 5.0, abstain=1.0), store, 6)
    assert (store.frame()["rater"] == "cleo").sum() == len(session.cases), "and the queue ends"


def test_presets_learn_what_they_say(session: RatingSession, store: RatingStore) -> None:
    for k, case in enumerate(session.cases.values()):
        store.append([session.rating(case, "ada", Answer(float(1 + k % 10), 10.0 if k % 2 else None))])
    ratings = store.latest()
    plain, fsrl = session.model(ratings), session.model(ratings, "human-fsrl")
    assert (plain.n_labels, fsrl.n_labels) == (len(session.cases), len(session.cases) // 2)
    np.testing.assert_allclose(plain.scores, [k % 10 / 9 for k in range(len(session.cases))])
    np.testing.assert_allclose(fsrl.scores, [(10 * (1 + k % 10) - 1) / 99 for k in range(1, len(session.cases), 2)])


def test_simulate_then_train_on_what_was_learned(
    own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, table = (own_run / "summary.json").read_text(), tmp_path / "ratings.csv"
    argv = ["feedback", str(own_run), "--simulate", "noise=1,seed=2", "--budget", "12", "--export", str(table)]
    assert main(argv) == 0
    out = capsys.readouterr().out
    for words in (
        "12 ratings by 1 rater in",
        "reward model human: 12 labels",
        "rated of 10",
        f"--reward human:{own_run}",
    ):
        assert words in out
    assert "must not happen: the mean of n ratings" in (own_run / "report.html").read_text()
    assert len(pd.read_csv(table)) == 12
    assert (own_run / "summary.json").read_text() == before, "what the run found is not what people say of it"
    rated = Run(own_run).found_modes()
    assert sum(mode.n_ratings for mode in rated) == 12 and all(1 <= (mode.rating or 0) <= 10 for mode in rated)

    reward = f"human:{own_run}"
    train = ["train", "--algo", "random", "--budget", "600", *GRID, *QUIET, "--reward", reward, "--out", str(tmp_path)]
    assert main(train) == 0
    trained, model_of = tmp_path / "random-human-classifier-street-signs-0", f"human model of {own_run} (undesirability"
    capsys.readouterr()
    for command in (["landscape", str(trained)], ["show", str(trained), "0"]):
        assert main(command) == 0 and model_of in capsys.readouterr().out
    probes = Run(trained).probes()
    assert (probes.loc[~probes["failed"], "reward"] == 0).all()
    paid = probes[probes["failed"]]
    assert paid["reward"].between(0, 1).all() and paid["reward"].nunique() > 5
    session, model = RatingSession(Run(own_run)), RewardModel.load(own_run / "reward_model.npz")
    points = session.mdp.space.point(paid["point"].to_numpy())
    told = session.features(paid["item"].to_numpy(), points, paid["predicted"].to_numpy())
    np.testing.assert_allclose(paid["reward"], np.clip(model.mean(told), 0, 1), atol=1e-5)


def test_an_agent_learns_from_it(own_run: Path, tmp_path: Path) -> None:
    assert main(["feedback", str(own_run), "--simulate", "noise=0.5", "--budget", "8", "--no-report"]) == 0
    arguments = {"concepts": GRID[1:3], "max_items": 240, "reward": f"human:{own_run}"}
    envs = gym.make_vec("failscape/Classifier-v0", num_envs=32, **arguments)
    run = fs.explore(envs, "dqn", budget=500, out=tmp_path, report=False)
    assert run.summary["learner"]["n_updates"] > 0
    assert run.settings.make["reward"] == f"human:{own_run}"
    assert show_probe(run.folder.path, 0)[1], "and can be built again"


MISTAKES = {
    "nothing rated": (["--reward", "human:{run}"], "has no ratings; rate what it found: failscape feedback"),
    "no run": (["--reward", "human:nowhere"], "nowhere is not a run folder; give human:RUN"),
    "no name": (["--reward", "human:"], "nothing is not a run folder; give human:RUN"),
    "no colon": (["--reward", "human"], "no reward 'human'; did you mean human:RUN?"),
    "walks": (["--reward", "human:{run}", "--explore", "micro"], "give --explore macro or factored"),
    "other grid": (["--reward", "human:{rated}", "--concepts", "fsrl"], "are of another grid"),
    "other data": (["--reward", "human:{rated}", "--max-items", "300"], "are of other data"),
    "no quality": (["--reward", "human-fsrl:{rated}"], "has no ratings of quality"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_rewards_that_cannot_be(
    mistake: str, own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, message = MISTAKES[mistake]
    if any("{rated}" in word for word in asked):
        assert main(["feedback", str(own_run), "--simulate", "", "--budget", "3", "--no-report"]) == 0
    asked = [word.format(run=own_run, rated=own_run) for word in asked]
    assert main(["train", "--algo", "random", *GRID, *QUIET, "--out", str(tmp_path / "out"), *asked]) == 2
    err = capsys.readouterr().err
    assert message in err and "Traceback" not in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--simulate", "nois=1"], "--simulate knows no 'nois'; did you mean noise?"),
        (["--simulate", "noise=loud"], "--simulate noise: 'loud' is not a number"),
        (["--simulate", "abstain=2"], "abstain, a share, from 0 to 1"),
        (["--csv", "nowhere.csv"], "cannot read nowhere.csv: No such file"),
        (["--export", "x.csv"], "nothing was rated yet; rate with `failscape feedback"),
    ],
)
def test_mistakes_are_one_clear_line(
    own_run: Path, argv: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(own_run.parent)
    assert main(["feedback", str(own_run), *argv]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and message in err and "Traceback" not in err


def test_a_run_without_modes_is_said(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = json.loads((own_run / "summary.json").read_text())
    (own_run / "summary.json").write_text(json.dumps(summary | {"modes": []}))
    assert main(["feedback", str(own_run), "--simulate", ""]) == 2
    assert "found no failure modes; there is nothing to rate" in capsys.readouterr().err
    (own_run / "summary.json").unlink()
    assert main(["feedback", str(own_run), "--simulate", ""]) == 2
    assert "is not finished: go on with --resume" in capsys.readouterr().err


def test_csv_from_several_raters(
    own_run: Path, session: RatingSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = list(session.cases)[:: len(session.cases) // 6][:6]  # of several modes: alpha of one tells nothing
    assert len({session.cases[key].mode for key in keys}) > 1
    rows = [f"{rater},{key},{3 + k + shift}" for rater, shift in (("ada", 0), ("bob", 1)) for k, key in enumerate(keys)]
    file = tmp_path / "ratings.csv"
    file.write_text("\n".join(["rater,case,undesirability", *rows]))
    assert main(["feedback", str(own_run), "--csv", str(file), "--no-report"]) == 0
    out = capsys.readouterr().out
    assert "12 ratings by 2 raters" in out and "Krippendorff's alpha 0." in out
    assert f"12 new, 0 changed, 0 known already in {file}" in " ".join(out.split())
    ratings = Run(own_run).ratings()
    assert set(ratings["mode"]) <= {mode.name for mode in session.modes}
    file.write_text("rater,case,undesirability\nada,unheard-of,5")
    assert main(["feedback", str(own_run), "--csv", str(file)]) == 2
    assert f"{file}:2: this run has no case 'unheard-of'" in capsys.readouterr().err
    assert len(Run(own_run).ratings()) == 12


def test_csv_says_what_of_it_was_known(
    own_run: Path, session: RatingSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, file, written = list(session.cases)[:3], tmp_path / "ratings.csv", tmp_path / "written.csv"
    command = ["feedback", str(own_run), "--no-report", "--csv"]

    def imported(path: Path, *rows: str) -> tuple[str, int]:
        if rows:
            path.write_text("\n".join(["rater,case,undesirability,time", *rows]))
        assert main([*command, str(path), "--export", str(written)]) == 0
        with RatingStore(own_run / "ratings.sqlite", read_only=True) as store:
            return " ".join(capsys.readouterr().out.split()), len(store)

    said, n = imported(file, f"ada,{keys[0]},3,100", f"ada,{keys[1]},4,100")
    assert "2 new, 0 changed, 0 known already" in said and n == 2
    said, n = imported(file)
    assert "0 new, 0 changed, 2 known already" in said and n == 2, "it is not stored twice"
    said, n = imported(file, f"ada,{keys[0]},3,", f"ada,{keys[1]},9,200", f"ada,{keys[2]},5,")
    assert "1 new, 1 changed, 1 known already" in said and n == 4
    said, n = imported(file, f"ada,{keys[1]},2,50")
    assert "0 new, 0 changed, 0 known already, 1 older than what counts" in said and n == 5
    said, n = imported(written)
    assert "0 new, 0 changed, 5 known already" in said and n == 5, "what it wrote itself, earlier answers and all"


def test_the_terminal_keeps_what_came_before_the_end_of_the_input(
    own_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("8\n\n\n\n3\n\nn\n"))  # the second answer lacks a note
    assert main(["feedback", str(own_run), "--terminal", "--rater", "ada", "--no-report"]) == 0
    assert Run(own_run).ratings()["undesirability"].tolist() == [8, 3]
    assert Run(own_run).ratings()["still_right"].fillna(-1).tolist() == [-1, 0]
    assert "2 ratings by 1 rater" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["feedback", str(own_run), "--terminal", "--no-report"]) == 2
    assert "the input ended before anything was typed; name the rater by --rater NAME" in capsys.readouterr().err


def test_the_terminal_asks_and_keeps(
    own_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, asked = iter(["8", "", "maybe", "y", "a note", "x", "n", "", "q"]), []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return next(typed)

    monkeypatch.setattr(builtins, "input", answer)
    assert main(["feedback", str(own_run), "--terminal", "--rater", "ada", "--no-report"]) == 0
    out = capsys.readouterr().out
    assert "mode 1 of" in out and "taken for" in out and "'maybe' is neither y nor n" in out
    assert asked[2].startswith("Would you still call all of them “") and "Enter to skip" in asked[2]
    assert "mode 1: One person looked at 1 group of pictures under this rule and would still call them the same." in out
    assert "mode 2: One person looked at 1 group of pictures under this rule and would no longer call all of" in out
    ratings = Run(own_run).ratings()
    assert ratings["undesirability"].tolist()[0] == 8 and ratings["abstain"].tolist() == [False, True]
    assert ratings["note"].tolist() == ["a note", ""] and ratings["still_right"].tolist() == [1, 0]
    picture = out.partition(": ")[2]
    assert list((own_run / "exemplars").glob("*.png")), picture


def test_data_that_changed_is_refused(own_run: Path) -> None:
    mdp = RatingSession(Run(own_run)).mdp
    mdp.baseline = mdp.baseline._replace(names=np.char.add("other-", mdp.baseline.names))
    with pytest.raises(fs.UsageError, match="the data is not what"):
        RatingSession(Run(own_run), mdp)


def test_ratings_of_cases_that_are_gone_do_no_harm(own_run: Path) -> None:
    with RatingStore(own_run / "ratings.sqlite") as store:
        store.append([Rating("ada", "gone", "a mode that is gone", (1,), 5.0)])
    session = RatingSession(Run(own_run))
    assert session.model(Run(own_run).ratings()).n_labels == 0
    assert all(mode.rating is None for mode in session.modes)
