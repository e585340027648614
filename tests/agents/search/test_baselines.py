"""Random and exhaustive exploration, and what both share: budget, session, hyperparameters by name."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import chi2_contingency, chisquare

import failscape as fs
from failscape.agents.registry import EXPLORERS, default_explorer, load_hyperparameters
from failscape.agents.search.exhaustive import scan
from failscape.agents.search.random import explore_random
from failscape.agents.session import Progress, Session
from failscape.envs.actions.parsing import SCHEMES
from failscape.envs.cached_evaluator import CachedEvaluator
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder, recorded_steps
from failscape.envs.tasks.toy import make_mdp
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore

N_POINTS = 25


def recording(path: Path, num_envs: int, memory: int = 0) -> tuple[ConceptVectorEnv, ProbeStore]:
    """The toy, recording itself; what ``path`` holds already is replayed."""
    envs = ConceptVectorEnv(make_mdp(), num_envs)
    store = ProbeStore(path)
    envs.recorder = Recorder(store, envs.mdp.space, n_recorded=store.n_steps)
    envs.evaluator = CachedEvaluator(envs.mdp.evaluator, memory, recorded_steps(store))
    return envs, store


def randomly(path: Path, budget: int, seed: int = 0, num_envs: int = 16, memory: int = 0) -> pd.DataFrame:
    envs, store = recording(path, num_envs, memory)
    explore_random(envs, Session(envs.recorder, budget), seed, {})
    frame = store.frame()
    store.close()
    return frame


# --- random ---


def test_random_is_uniform_over_points_and_items_and_joins_them_freely(tmp_path: Path) -> None:
    probes = randomly(tmp_path / "probes.sqlite", 8000)
    assert len(probes) == 8000 and (probes["propensity"] == 1 / N_POINTS).all()
    assert chisquare(np.bincount(probes["point"], minlength=N_POINTS)).pvalue > 1e-3
    items = explorable(make_mdp())
    assert set(probes["item"]) == set(items)
    assert chisquare(probes["item"].value_counts()).pvalue > 1e-3
    assert chi2_contingency(pd.crosstab(probes["item"], probes["point"])).pvalue > 1e-3
    assert chi2_contingency(pd.crosstab(probes["slot"], probes["point"])).pvalue > 1e-3


def test_points_and_items_come_from_different_streams(tmp_path: Path) -> None:
    """One seed decides both; drawn from one stream, each item would always get the same point."""
    probes = randomly(tmp_path / "probes.sqlite", 800, num_envs=1)
    assert probes.groupby("item")["point"].nunique().min() > 8
    assert abs(np.corrcoef(probes["item"], probes["point"])[0, 1]) < 0.1


def test_random_is_a_function_of_its_seed(tmp_path: Path) -> None:
    runs = [randomly(tmp_path / f"{i}.sqlite", 200, seed).drop(columns="time") for i, seed in enumerate([1, 1, 2])]
    pd.testing.assert_frame_equal(runs[0], runs[1], check_exact=True)
    assert not runs[0]["point"].equals(runs[2]["point"])


def test_a_budget_is_of_queries_and_probes_have_an_end_too(tmp_path: Path) -> None:
    probes = randomly(tmp_path / "few.sqlite", 400, memory=10_000)
    assert 400 <= (~probes["cached"]).sum() < 400 + 16 and len(probes) > 450
    everything = randomly(tmp_path / "all.sqlite", 900, memory=10_000)  # there are only 800 pairs to ask for
    assert 2700 <= len(everything) < 2700 + 16 and (~everything["cached"]).sum() <= 800
    assert not everything[~everything["cached"]].duplicated(["item", "point"]).any()


# --- scan ---


def brute_force(mdp: ConceptMDP) -> pd.DataFrame:
    """Every explorable item at every point, one at a time, from the definition of the toy alone."""
    rows = []
    strengths = [-4, -2, 0, 2, 4]
    for i, right in enumerate(strengths):
        for j, up in enumerate(strengths):
            for item in np.flatnonzero(~mdp.items.held_out):
                total = int(mdp.items.batch.inputs[item].sum()) + right + up
                answer = int(total > 0)  # logits (-total, total): class 0 where they tie
                rows.append((item, 5 * i + j, answer, answer != mdp.items.group[item]))
    return pd.DataFrame(rows, columns=["item", "point", "predicted", "failed"])


@pytest.mark.parametrize("num_envs", [1, 7, 256])
def test_a_scan_is_brute_force_exactly(tmp_path: Path, num_envs: int) -> None:
    envs, store = recording(tmp_path / "probes.sqlite", num_envs)
    before = envs.mdp.target.n_queries
    scan(envs, Session(envs.recorder, 10_000), 0, {})
    found = store.frame()
    store.close()
    assert envs.mdp.target.n_queries - before == len(found) == 32 * N_POINTS
    assert not found.duplicated(["item", "point"]).any() and (found["propensity"] == 1 / N_POINTS).all()
    keys = ["item", "point"]
    expected = brute_force(envs.mdp).sort_values(keys, ignore_index=True)
    found = found.sort_values(keys, ignore_index=True)[expected.columns.tolist()]
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_the_budget_ends_a_scan_early(tmp_path: Path) -> None:
    envs, store = recording(tmp_path / "probes.sqlite", 32)
    scan(envs, Session(envs.recorder, 100), 0, {})
    assert len(store) == 128 and store.frame()["point"].unique().tolist() == [0, 1, 2, 3]
    store.close()


class Stop(Exception):
    """What ends a scan in the middle, as a kill would."""


@pytest.mark.parametrize("after", [1, 10, 21])
def test_a_scan_resumes_where_it_was_cut(tmp_path: Path, after: int) -> None:
    whole_envs, whole = recording(tmp_path / "whole.sqlite", 37)
    scan(whole_envs, Session(whole_envs.recorder, 10_000), 0, {})

    def cut(progress: Progress) -> None:
        if progress.n_probes >= 37 * after:
            raise Stop

    envs, store = recording(tmp_path / "cut.sqlite", 37)
    with pytest.raises(Stop):
        scan(envs, Session(envs.recorder, 10_000, [cut]), 0, {})
    n_before = len(store)
    store.close()
    envs, store = recording(tmp_path / "cut.sqlite", 37)
    before = envs.mdp.target.n_queries
    scan(envs, Session(envs.recorder, 10_000), 0, {})
    assert n_before > 0 and envs.mdp.target.n_queries - before == 800 - n_before
    pd.testing.assert_frame_equal(
        store.frame().drop(columns="time"), whole.frame().drop(columns="time"), check_exact=True
    )
    store.close(), whole.close()


# --- sessions and hyperparameters ---


def test_a_session_counts_its_share_and_stops_when_asked() -> None:
    recorder = Recorder(None, make_mdp().space)
    session = Session(recorder, 100)
    assert not session.done and session.share == 0 and session.max_probes == 300
    recorder.n_queries = 50
    assert session.share == 0.5
    recorder.n_queries = 150
    assert session.done and session.share == 1
    recorder.n_queries, recorder.n_probes = 10, 300
    assert session.done
    recorder.n_probes = 10
    session.stopped = True
    assert session.done


def test_a_scan_from_python_needs_no_budget(tmp_path: Path) -> None:
    import failscape as fs

    envs = gym.make_vec("failscape/Toy-v0", num_envs=64)
    run = fs.explore(envs, "scan", out=tmp_path, report=False)
    assert len(run.probes()) == 800 and run.landscape().coverage == 1


@pytest.mark.parametrize("algo", EXPLORERS)
def test_every_explorer_has_its_file_of_hyperparameters(algo: str) -> None:
    values = load_hyperparameters(algo, "failscape/Toy-v0")
    assert {"num_envs", "budget", "memory"} <= set(values)
    assert yaml.safe_load(yaml.safe_dump(values)) == values
    assert load_hyperparameters(algo, "any/Env-v0", {"num_envs": 3})["num_envs"] == 3


def test_overrides_never_leak_into_the_next_run() -> None:
    load_hyperparameters("dqn", "x", {"policy_kwargs": {"net_arch": [1]}})
    assert load_hyperparameters("dqn", "x")["policy_kwargs"] == {"net_arch": [64, 64]}


def test_misspelt_names_are_told_the_closest() -> None:
    with pytest.raises(UsageError, match=r"no explorer 'dqm'; did you mean dqn\?"):
        load_hyperparameters("dqm", "x")
    with pytest.raises(UsageError, match=r"dqn has no setting 'learning_rat'; did you mean learning_rate\?"):
        load_hyperparameters("dqn", "x", {"learning_rat": 1})


def test_an_explorer_that_cannot_move_so_is_refused_and_others_are_named(tmp_path: Path) -> None:
    envs = gym.make_vec("failscape/Toy-v0", num_envs=4, explore="micro")
    with pytest.raises(UsageError, match=r"ucb1 plays macro, not micro; use --algo dqn or .*best-first or random"):
        fs.explore(envs, "ucb1", budget=400, out=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("way", SCHEMES)
def test_the_default_explorer_plays_what_it_is_the_default_for(way: str) -> None:
    assert EXPLORERS[default_explorer(way)].plays(SCHEMES[way])
