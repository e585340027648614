"""Each explorer that chooses finds what was planted for it, plainly more often than random does."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from failscape.agents.evaluation import evaluate_best, evaluate_points, evaluate_random
from failscape.agents.registry import explore, load_hyperparameters
from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.concepts.keyed_random import uniform
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.state import Outcome, State
from failscape.envs.tasks.toy import Shift, ShiftUp, ToyTarget, toy_items
from failscape.rewards import CLASSIFICATION_REWARDS
from tests.support.landscapes import ruled

Z_95 = 1.96
SEEDS = range(8)  # of random
LEARNERS = ("dqn", "qrdqn", "ppo", "a2c")
BUDGETS = {"macro": [500, 500], "factored": [500, 500], "micro": [800, 800], "fsrl": [3200]}  # a run each


class Kept(Recorder):
    """Keeps which probes failed, in order."""

    def __init__(self, space: ConceptSpace) -> None:
        super().__init__(None, space)
        self.failed: list[bool] = []

    def record(self, state: State, outcome: Outcome, cached: np.ndarray) -> None:
        """Take in one step."""
        self.failed += outcome.failed.tolist()
        super().record(state, outcome, cached)

    @property
    def late(self) -> float:
        """Failure rate of the last third of the probes."""
        return float(np.mean(self.failed[-len(self.failed) // 3 :]))


def search(name: str, mdp: Any, budget: int, seed: int = 0) -> tuple[Kept, Any]:
    """Explore with an explorer's own hyperparameters: nothing is tuned to what is planted."""
    values: Mapping[str, Any] = load_hyperparameters(name, "none", scheme=mdp.scheme.name)
    own = {key: value for key, value in values.items() if key not in {"num_envs", "budget", "memory"}}
    envs = ConceptVectorEnv(mdp, 8)
    envs.recorder = recorder = Kept(mdp.space)
    return recorder, explore(name, envs, Session(recorder, budget), seed, own)


def upper(rates: list[float]) -> float:
    """Upper end of the interval that holds 95 % of the rates of single seeds."""
    return float(np.mean(rates) + Z_95 * np.std(rates, ddof=1))


# --- items that fail at different places ---


def apart(items: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """One class fails at one end of the first concept, the other at the other end: no point breaks both."""
    return points[:, 0] == np.where(classes == 0, 0, 4)


def own_axis(items: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Each class fails from the third level of a concept of its own."""
    return points[np.arange(len(points)), classes] >= 2


@pytest.mark.parametrize("moves", BUDGETS)
@pytest.mark.parametrize("name", LEARNERS)
def test_learners_look_at_the_item(name: str, moves: str) -> None:
    mdp: Any = ruled(own_axis if moves == "fsrl" else apart, moves)
    unseen = np.flatnonzero(mdp.items.held_out)
    random = upper([float(evaluate_random(mdp, unseen, seed).failed.mean()) for seed in SEEDS])
    for seed, budget in enumerate(BUDGETS[moves]):
        _, learner = search(name, mdp, budget, seed)
        greedy = evaluate_best(learner, mdp, unseen).failed.mean()
        assert greedy > max(0.75, random), (seed, greedy, random)  # one point, or one walk, for all breaks a half


# --- one bad point ---


def one_bad_point(items: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Nine items in ten fail at a point, one in ten elsewhere."""
    bad = (points == [3, 1]).all(axis=1)
    return uniform("finding", 0, items, 5 * points[:, 0] + points[:, 1]) < np.where(bad, 0.9, 0.1)


@pytest.fixture(scope="module")
def bandit() -> tuple[Any, float]:
    mdp: Any = ruled(one_bad_point)
    return mdp, upper([search("random", mdp, 1600, seed)[0].late for seed in SEEDS])


@pytest.mark.parametrize("name", ["ucb1", "thompson", "bayes"])
def test_bandits_come_back_to_the_bad_point(name: str, bandit: tuple[Any, float]) -> None:
    mdp, random = bandit
    unseen = np.flatnonzero(mdp.items.held_out)
    for seed in range(2):
        recorder, learner = search(name, mdp, 1600, seed)
        assert recorder.late > 2 * random, (seed, recorder.late, random)
        assert mdp.space.point(learner.best(mdp, unseen)).tolist() == [[3, 1]] * len(unseen)
        assert evaluate_points(mdp, unseen, learner.best(mdp, unseen)).failed.mean() > 0.7


# --- one bad class ---


def one_bad_class(items: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Nine edits in ten break a class, one in ten the others."""
    return uniform("finding", 1, items, 5 * points[:, 0] + points[:, 1]) < np.where(classes == 3, 0.9, 0.1)


@pytest.mark.parametrize("name", ["fsrl-epsilon", "fsrl-threshold"])
def test_fsrls_baselines_stay_with_the_bad_class(name: str) -> None:
    mdp: Any = ruled(one_bad_class, n_classes=5)
    random = upper([search("random", mdp, 900, seed)[0].late for seed in SEEDS])
    for seed in range(2):
        assert search(name, mdp, 900, seed)[0].late > random + 0.1


# --- the smallest edit ---


def test_best_first_pays_less_for_a_failing_edit_and_for_an_item_than_random_walks_do() -> None:
    space, items = ConceptSpace([Shift(np.arange(-4, 5)), ShiftUp(np.arange(-4, 5))]), toy_items(200, seed=1)
    reward, scheme = CLASSIFICATION_REWARDS["margin"], make_scheme("micro", space, items)
    mdp = ConceptMDP(ToyTarget(), space, items, reward, scheme=scheme)

    def worth(name: str, seed: int) -> tuple[float, float]:
        recorder, _ = search(name, mdp, 600, seed)
        broken = {item for item, _ in recorder.failing}
        return len(recorder.failing) / recorder.n_queries, len(broken) / recorder.n_queries

    random = np.array([worth("random", seed) for seed in SEEDS])
    edits, broken = worth("best-first", 0)
    assert edits > 2 * upper(random[:, 0].tolist()) and broken > upper(random[:, 1].tolist())
