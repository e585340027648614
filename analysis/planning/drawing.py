"""Counts of planned runs, drawn: probes and failures of the points near a planted box, and of all others together.

Shapes: ``D`` draws, ``U`` points near the planted box.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from failscape.analysis.planning.likeness import design_effect
from failscape.analysis.planning.study import Sought, Study


class Drawn(NamedTuple):
    """Counts, of all items or of the one group that is sought."""

    trials: np.ndarray  # (D, U)
    failures: np.ndarray  # (D, U)
    all_trials: np.ndarray  # (D, 1) on the whole grid
    all_failures: np.ndarray  # (D, 1)
    unedited: np.ndarray  # (D,) explored items, of all groups, that fail unedited


def draw(study: Study, sought: Sought, planted: np.ndarray, draws: int, rng: np.random.Generator) -> Drawn:
    """Uniform probes and who fails.

    Args:
        study: the planned run.
        sought: the planted box.
        planted: which of the points are in it, ``(U,)`` bool.
        draws: of the run.
        rng: of everything random.
    """
    share = 1 / study.groups if sought.one_group else 1.0
    mean = study.n_probes * share / study.n_existing
    trials = rng.poisson(mean, (draws, len(planted)))
    rate = _of_the_items(sought.rate, mean * planted.sum(), study.n_explored * share, draws, rng)
    failures = rng.binomial(trials, np.where(planted, rate, study.base))
    far = rng.poisson(mean * max(study.n_existing - len(planted), 0), (draws, 1))
    far_failures = rng.binomial(far, study.base)
    unedited = rng.binomial(study.n_explored, study.base, draws)
    return Drawn(
        trials.astype(float),
        failures.astype(float),
        (trials.sum(axis=1, keepdims=True) + far).astype(float),
        (failures.sum(axis=1, keepdims=True) + far_failures).astype(float),
        unedited.astype(float),
    )


def _of_the_items(rate: float, probes: float, n_items: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The rate of the items that happen to be probed, ``(D, 1)``: fewer items than probes, and each like itself."""
    extra = (design_effect(rate, probes / max(n_items, 1.0)) - 1) * rate * (1 - rate) / max(probes, 1.0)
    return np.clip(rate + math.sqrt(extra) * rng.standard_normal((draws, 1)), 0, 1)
