"""FSRL's baselines against the rules of their paper's code, one slot at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from failscape.agents.registry import explore, load_hyperparameters
from failscape.agents.session import Session
from failscape.analysis.landscape.landscape import Landscape
from failscape.concepts import concept_space
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.tasks.toy import ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore
from failscape.rewards import CLASSIFICATION_REWARDS
from tests.support.landscapes import ruled

N_CLASSES = 5


def hard(items: np.ndarray, classes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """One class fails always, one at half of the points, the others nowhere."""
    return (classes == 3) | (classes == 1) & (points.sum(axis=1) % 2 == 0)


def probes(path: Path, name: str, budget: int, num_envs: int = 1, **changed: Any) -> tuple[pd.DataFrame, Any]:
    mdp: Any = ruled(hard, n_classes=N_CLASSES)
    envs = ConceptVectorEnv(mdp, num_envs)
    store = ProbeStore(path)
    envs.recorder = Recorder(store, mdp.space)
    values = load_hyperparameters(name, "none", changed)
    own = {key: value for key, value in values.items() if key not in {"num_envs", "budget", "memory"}}
    explore(name, envs, Session(envs.recorder, budget), 0, own)
    frame = store.frame()
    store.close()
    return frame.assign(label=mdp.items.group[frame["item"]]), mdp


def test_weights_rise_by_epsilon_and_fall_by_it_to_the_floor_and_are_what_classes_are_drawn_by(tmp_path: Path) -> None:
    """The propensity recorded is the chance of the class by these weights, of its items alike, of a uniform point."""
    found, mdp = probes(tmp_path / "probes.sqlite", "fsrl-epsilon", 400, epsilon=0.2, floor=0.01)
    sizes = np.bincount(mdp.items.group[~mdp.items.held_out])
    weights, residuals = np.ones(N_CLASSES), np.zeros(N_CLASSES)
    for row in found.itertuples():
        shares = weights / weights.sum()
        assert row.propensity == pytest.approx(shares[row.label] / sizes[row.label] / 25)
        residuals += np.eye(N_CLASSES)[row.label] - shares
        weights[row.label] += 0.2 if row.failed else -0.2
        weights[weights <= 0.01] = 0.01
    assert np.abs(residuals).max() < 4 * np.sqrt(400 / 4)
    assert weights[3] > 30 and weights[[0, 2, 4]].tolist() == [0.01] * 3


def test_rates_are_corrected_for_the_classes_drawn_more_often(tmp_path: Path) -> None:
    found, mdp = probes(tmp_path / "probes.sqlite", "fsrl-epsilon", 4000, num_envs=8, epsilon=0.002)
    items = np.flatnonzero(~mdp.items.held_out)
    truth = np.mean(
        [mdp.evaluator.flipped(items, np.tile(point, (len(items), 1))).mean() for point in mdp.space.grid()]
    )
    landscape = Landscape.from_probes(found, mdp.space)
    assert found["failed"].mean() > truth + 0.1
    assert landscape.failure_rate == pytest.approx(truth, abs=0.03)


def test_a_class_is_left_when_it_has_held_five_times_in_all(tmp_path: Path) -> None:
    found, _ = probes(tmp_path / "probes.sqlite", "fsrl-threshold", 1600, num_envs=8)
    after: list[int] = []  # the classes that came after others
    for _, slot in found.groupby("slot"):
        held, current = 0, slot["label"].iloc[0]
        for row in slot.itertuples():
            if held == 5:
                held, current = 0, row.label
                after.append(row.label)
            assert row.label == current
            held += not row.failed
    assert set(after) == set(range(N_CLASSES))
    assert (found["label"].tail(8) == 3).all()  # once there, it stays: the target never holds


def test_points_are_uniform_and_so_are_the_items_of_a_class(tmp_path: Path) -> None:
    found, _ = probes(tmp_path / "probes.sqlite", "fsrl-threshold", 2000, num_envs=8)
    assert (found["propensity"] == 1 / 25).all()
    assert chisquare(np.bincount(found["point"], minlength=25)).pvalue > 1e-3
    assert chisquare(found["item"][found["label"] == 3].value_counts()).pvalue > 1e-3


def test_a_class_that_the_grid_chooses_is_not_chosen_twice() -> None:
    items = toy_items()
    space = concept_space({"levels": {"class": [0, 1]}, "classes": {"below": 0, "above": 1}})
    mdp = ConceptMDP(ToyTarget(), space, items, CLASSIFICATION_REWARDS["margin"])
    envs = ConceptVectorEnv(mdp, 4)
    with pytest.raises(UsageError, match="which is a concept of this grid; leave it out"):
        explore("fsrl-threshold", envs, Session(Recorder(None, space), 40), 0, {"threshold": 5})


@pytest.mark.parametrize(
    ("name", "settings", "match"),
    [
        ("fsrl-epsilon", {"epsilon": 0.1, "floor": 0}, "floor must be above 0, got 0.1 and 0"),
        ("fsrl-epsilon", {"epsilon": -1, "floor": 0.01}, "epsilon must not be negative"),
        ("fsrl-threshold", {"threshold": 0}, "threshold must be 1 or more, got 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name: str, settings: dict[str, float], match: str) -> None:
    envs = ConceptVectorEnv(make_mdp(), 4)
    with pytest.raises(UsageError, match=match):
        explore(name, envs, Session(Recorder(None, envs.mdp.space), 40), 0, settings)
