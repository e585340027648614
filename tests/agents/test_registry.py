"""What every explorer of the registry owes: its way, its budget, its seed, a resumed run, no litter."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

from failscape.agents.base import Learner
from failscape.agents.registry import EXPLORERS, explore, load_hyperparameters
from failscape.agents.session import Progress, Session
from failscape.envs.actions.parsing import SCHEMES
from failscape.envs.cached_evaluator import CachedEvaluator
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import Recorder, recorded_steps
from failscape.envs.tasks.toy import make_mdp
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore

WAYS = ("macro", "factored", "micro", "fsrl")
PAIRS = [(name, way) for name, entry in EXPLORERS.items() for way, kind in SCHEMES.items() if entry.plays(kind)]
OTHERS = [(name, way) for name, entry in EXPLORERS.items() for way in WAYS if not entry.plays(SCHEMES[way])]
NUM_ENVS, BUDGET = 8, 96
SMALL = {
    "learning_starts": 16,
    "n_steps": 2,
    "batch_size": 16,
    "final_updates": 3,
    "minibatches": 1,
    "n_epochs": 2,
    "refit": 4,
}


def first_way(name: str) -> str:
    return next(way for way, kind in SCHEMES.items() if EXPLORERS[name].plays(kind))


def settings(name: str, way: str) -> dict[str, Any]:
    """An explorer's own hyperparameters, small."""
    values = load_hyperparameters(name, "failscape/Toy-v0", scheme=way)
    values |= {key: value for key, value in SMALL.items() if key in values}
    return {key: value for key, value in values.items() if key not in {"num_envs", "budget", "memory"}}


class Cut(Exception):
    """What ends a run in the middle, as a kill would."""


def run(
    path: Path, name: str, way: str, *, seed: int = 0, budget: int = BUDGET, cut: int | None = None, memory: int = 0
) -> tuple[pd.DataFrame, Learner | None, ConceptVectorEnv]:
    """Explore the toy into ``path``, from where its records end; ``cut`` it after so many probes."""
    envs = ConceptVectorEnv(make_mdp(explore=way), NUM_ENVS)
    store = ProbeStore(path)
    envs.recorder = Recorder(store, envs.mdp.space, n_recorded=store.n_steps)
    envs.evaluator = CachedEvaluator(envs.mdp.evaluator, memory, recorded_steps(store))

    def listen(progress: Progress) -> None:
        if cut is not None and progress.n_probes >= cut:
            raise Cut

    session = Session(envs.recorder, budget, [listen])
    try:
        learner = explore(name, envs, session, seed, settings(name, way))
        return store.frame().drop(columns="time"), learner, envs
    finally:
        store.close()


@pytest.mark.parametrize(("name", "way"), PAIRS)
def test_each_keeps_its_budget_and_its_seed_and_goes_on_where_it_was_cut(name: str, way: str, tmp_path: Path) -> None:
    probes, learner, envs = run(tmp_path / "a.sqlite", name, way)
    assert len(probes) == BUDGET and not probes["cached"].any()
    looked = envs.mdp.baseline.n_queries  # the first look at the unedited items is counted beside the budget
    assert envs.mdp.target.n_queries == BUDGET + looked
    assert not envs.mdp.items.held_out[probes["item"]].any()
    assert probes["propensity"].dropna().between(0, 1, inclusive="right").all()
    again, _, _ = run(tmp_path / "b.sqlite", name, way)
    pd.testing.assert_frame_equal(probes, again, check_exact=True)
    if name != "scan":
        other, _, _ = run(tmp_path / "c.sqlite", name, way, seed=1)
        assert not other[["item", "levels"]].equals(probes[["item", "levels"]])
    assert learner is None or learner.n_updates > 0
    with pytest.raises(Cut):
        run(tmp_path / "cut.sqlite", name, way, cut=BUDGET // 2)
    resumed, _, envs = run(tmp_path / "cut.sqlite", name, way)
    pd.testing.assert_frame_equal(resumed, probes, check_exact=True)
    assert envs.mdp.target.n_queries == BUDGET // 2 + looked


@pytest.mark.parametrize("name", [name for name in EXPLORERS if name not in {"scan", "best-first"}])
def test_what_is_remembered_costs_nothing_and_is_resumed_too(name: str, tmp_path: Path) -> None:
    whole, _, envs = run(tmp_path / "whole.sqlite", name, "macro", budget=240, memory=100)
    n_queries = int((~whole["cached"]).sum())
    assert 240 <= n_queries < 248 < len(whole)
    assert envs.mdp.target.n_queries == n_queries + envs.mdp.baseline.n_queries
    with pytest.raises(Cut):
        run(tmp_path / "cut.sqlite", name, "macro", budget=240, memory=100, cut=200)
    resumed, _, _ = run(tmp_path / "cut.sqlite", name, "macro", budget=240, memory=100)
    pd.testing.assert_frame_equal(resumed, whole, check_exact=True)


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_budget_that_no_batch_fits_is_passed_by_less_than_one(name: str, tmp_path: Path) -> None:
    probes, _, _ = run(tmp_path / "probes.sqlite", name, first_way(name), budget=61)
    assert len(probes) == 64


@pytest.mark.parametrize(("name", "way"), OTHERS)
def test_other_moves_are_refused_in_one_line_that_names_who_plays_them(name: str, way: str) -> None:
    envs = ConceptVectorEnv(make_mdp(explore=way), NUM_ENVS)
    with pytest.raises(UsageError) as refused:
        explore(name, envs, Session(Recorder(None, envs.mdp.space), BUDGET), 0, settings(name, way))
    text = str(refused.value)
    assert text.startswith(f"{name} plays ") and f"not {way}; use --algo " in text and "\n" not in text
    for able in text.split("--algo ")[1].split(" or "):
        assert EXPLORERS[able].plays(SCHEMES[way])
    assert envs.mdp.target.n_queries == envs.mdp.baseline.n_queries  # refused before it cost anything


def test_an_explorer_that_is_not_there_is_told_the_closest() -> None:
    envs = ConceptVectorEnv(make_mdp(), NUM_ENVS)
    with pytest.raises(UsageError, match=r"no explorer 'ucb'; did you mean ucb1\?"):
        explore("ucb", envs, Session(Recorder(None, envs.mdp.space), BUDGET), 0, {})


@pytest.mark.parametrize("way", WAYS)
def test_steps_that_follow_each_other_count_for_learners(way: str) -> None:
    for name in ("dqn", "qrdqn", "ppo", "a2c"):
        assert (settings(name, way)["gamma"] > 0) == (way != "macro")


@pytest.fixture
def litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that everybody takes for that of temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    yield tmp_path / "tmp"


@pytest.mark.parametrize("name", EXPLORERS)
def test_none_leaves_anything_among_the_temporary_files(
    name: str, litter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path / "probes.sqlite", name, first_way(name))
    assert not list(litter.iterdir())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("name", "way"), [pair for pair in PAIRS if pair[0] in {"dqn", "qrdqn", "ppo", "a2c"}])
def test_saved_tensors_load_into_an_agent_that_acts_alike(name: str, way: str, tmp_path: Path) -> None:
    _, learned, envs = run(tmp_path / "a.sqlite", name, way)
    _, other, _ = run(tmp_path / "b.sqlite", name, way, seed=1)
    assert learned is not None and other is not None
    learned.save(tmp_path / "agent.safetensors")
    observations = envs.mdp.observe(envs.mdp.initial(np.arange(len(envs.mdp.items))))
    assert not np.array_equal(other.values(observations), learned.values(observations))
    other.network.load_state_dict(load_file(tmp_path / "agent.safetensors"))
    np.testing.assert_array_equal(other.values(observations), learned.values(observations))
    np.testing.assert_array_equal(other.act(observations), learned.act(observations))


@pytest.mark.parametrize("name", ["ucb1", "thompson", "bayes"])
def test_saved_counts_are_those_of_the_probes(name: str, tmp_path: Path) -> None:
    probes, learned, _ = run(tmp_path / "probes.sqlite", name, "macro")
    assert learned is not None
    learned.save(tmp_path / "agent.safetensors")
    saved = {key: tensor.numpy() for key, tensor in load_file(tmp_path / "agent.safetensors").items()}
    np.testing.assert_array_equal(saved["visits"], np.bincount(probes["point"], minlength=25))
    np.testing.assert_array_equal(saved["failures"], np.bincount(probes["point"], probes["failed"], 25))
    if name == "bayes":
        assert saved["candidates"][saved["mean"].argmax()] == learned.best(make_mdp(), np.arange(1))[0]
