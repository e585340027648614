"""Best-first search against the exhaustive shortest path, and walks back from a run's failures."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest

import failscape as fs
from failscape.agents.search.best_first import Search, Typical, explore_best_first
from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import origin
from failscape.envs.actions.walk import LatticeWalk
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.recording import Recorder
from failscape.envs.tasks.toy import Shift, ShiftUp, make_mdp
from failscape.errors import UsageError
from failscape.records.probe_arrays import points_of

SPACE = ConceptSpace([Shift(np.arange(-4, 5)), ShiftUp(np.arange(-4, 5))])


def anywhere(points: np.ndarray) -> np.ndarray:
    return np.ones(len(points), bool)


def search(severity: np.ndarray, **settings: Any) -> tuple[Search, int]:
    """A search over a known surface of severities, and the points it asked."""
    found = Search(
        origin(SPACE),
        float(severity[4, 4]),
        Typical(SPACE),
        **{"slope": 0.1, "patience": 81, "valid": anywhere, **settings},
    )
    n = 0
    while (point := found.next()) is not None:
        found.tell(point, float(severity[point]), bool(severity[point] > 0.5))
        n += 1
    return found, n


def surface(seed: int) -> np.ndarray:
    """Severity that rises towards a random corner of the lattice, with a little roughness."""
    rng = np.random.default_rng(seed)
    across = np.linspace(-1, 1, 9)
    slope = rng.uniform(-1, 1, 2)
    return 0.25 + 0.45 * (slope[0] * across[:, None] + slope[1] * across) + rng.normal(0, 0.02, (9, 9))


@pytest.mark.parametrize("seed", range(20))
def test_the_edit_found_is_near_the_smallest_and_no_smaller_neighbour_fails(seed: int) -> None:
    severity = surface(seed)
    severity[4, 4] = 0.2
    depth = np.abs(np.indices((9, 9)) - 4).sum(axis=0)
    found, n = search(severity)
    if not (severity > 0.5).any():
        assert found.best is None and n == 80
        return
    shortest = depth[severity > 0.5].min()
    assert found.best is not None and n < 80
    assert shortest <= found.depth(found.best) <= shortest + 1
    for k in range(2):
        inward = list(found.best)
        inward[k] += int(np.sign(4 - inward[k]))
        assert tuple(inward) == found.best or severity[tuple(inward)] <= 0.5


def test_an_item_that_nothing_breaks_is_given_up() -> None:
    found, n = search(np.zeros((9, 9)), patience=13)
    assert found.best is None and n == 13


def test_from_a_known_failure_it_only_descends() -> None:
    severity = np.where(np.abs(np.indices((9, 9)) - 4).sum(axis=0) >= 3, 0.9, 0.1)
    found, n = search(severity, first=(8, 8))
    assert found.best is not None and found.depth(found.best) == 3
    assert n <= 1 + 5 * 2 + 2  # the start, at most two a level, and the last two that hold


def walk(budget: int, num_envs: int = 4, seed: int = 0) -> tuple[Recorder, ConceptVectorEnv]:
    envs = ConceptVectorEnv(make_mdp(explore="micro"), num_envs, memory=1000)
    envs.recorder = Recorder(None, envs.mdp.space)
    explore_best_first(envs, Session(envs.recorder, budget), seed, {"slope": 0.02, "patience": 30})
    return envs.recorder, envs


def test_the_budget_is_kept_and_ends_early_when_every_item_was_searched() -> None:
    recorder, _ = walk(20)
    assert 20 <= recorder.n_queries < 24
    recorder, envs = walk(10_000)
    assert recorder.n_queries < 25 * len(explorable(envs.mdp))
    assert {item for item, _ in recorder.failing} <= set(explorable(envs.mdp).tolist())


def test_equal_seeds_search_alike() -> None:
    first, second = walk(150), walk(150)
    assert first[0].failing == second[0].failing and (first[0].visits == second[0].visits).all()


@pytest.fixture
def macro(tmp_path: Path) -> fs.Run:
    envs = gym.make_vec("failscape/Toy-v0", num_envs=8)
    return fs.explore(envs, "random", budget=600, seed=0, out=tmp_path, report=False)


def test_walks_back_begin_at_each_items_nearest_known_failure(macro: fs.Run) -> None:
    from failscape.envs.actions.starts import nearest_failures, walked_space
    from failscape.envs.tasks.toy import toy_items

    space = walked_space(macro.folder.path)
    starts = nearest_failures(macro.folder.path, space, toy_items())
    probes = macro.probes()
    points = points_of(probes)
    distance = np.abs(points - origin(space)).sum(axis=1)
    nearest = pd.Series(distance[probes["failed"]]).groupby(probes["item"][probes["failed"]].to_numpy()).min()
    for item, start in enumerate(starts):
        assert (start < 0).all() if item not in nearest else np.abs(start - origin(space)).sum() == nearest[item]
    mdp = make_mdp(explore="micro")
    mdp.scheme = LatticeWalk(space, starts)
    assert set(explorable(mdp)) == {item for item in nearest.index if not mdp.items.held_out[item]}


def test_a_walk_from_other_items_or_from_a_mode_that_is_not_there_is_refused(macro: fs.Run) -> None:
    from failscape.envs.actions.starts import nearest_failures, walked_space
    from failscape.envs.tasks.toy import toy_items

    space = walked_space(macro.folder.path)
    with pytest.raises(UsageError, match=r"is not what .* explored: .* items are gone"):
        nearest_failures(macro.folder.path, space, toy_items(n=12))
    with pytest.raises(UsageError, match="there is no mode 99"):
        nearest_failures(macro.folder.path, space, toy_items(), mode=99)


def test_a_walk_over_other_concepts_than_the_runs_is_refused(macro: fs.Run) -> None:
    from failscape.envs.actions.parsing import explored_space

    path = macro.folder.path
    assert explored_space("micro", [Shift(), ShiftUp()], path, None).shape == (5, 5)
    with pytest.raises(UsageError, match="explored right × up: 25 points, not darken: 6 points"):
        explored_space("micro", "darken", path, None)
