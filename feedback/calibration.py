"""Raters differ in level and in spread: what each means by its numbers, estimated and taken off.

Shapes: ``n`` ratings, ``R`` raters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# What is believed of a rater before it is heard, on a scale from 0 to 1.
LEVEL_SD = 0.25
SPREAD_SD = 0.3
NOISE_SD = 0.15
SPREADS = (0.25, 4.0)


class Calibration(NamedTuple):
    """What each rater's numbers mean: ``rated = middle + level + spread (meant - middle)``."""

    middle: float
    levels: np.ndarray  # (R,)
    spreads: np.ndarray  # (R,)

    def correct(self, raters: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """What was meant: raters ``(n,)`` int and their scores ``(n,)`` as scores ``(n,)`` of the common scale."""
        return self.middle + (rated - self.middle - self.levels[raters]) / self.spreads[raters]


def calibrate(raters: np.ndarray, rated: np.ndarray, consensus: np.ndarray) -> Calibration:
    """Level and spread of each rater beside a consensus: Bayesian linear regression, one per rater.

    Only differences between raters can be known: levels are centred on 0 and spreads on 1 (geometric mean), so a single
    rater stays as it is.

    Args:
        raters: who gave each rating, ``(n,)`` int from 0.
        rated: their scores, ``(n,)``.
        consensus: what all raters together make of the cases, ``(n,)``.
    """
    middle = float(consensus.mean())
    n_raters = int(raters.max()) + 1
    estimates = np.zeros((n_raters, 2))
    prior_precision = np.diag([LEVEL_SD**-2, SPREAD_SD**-2])
    for rater in range(n_raters):
        own = raters == rater
        design = np.column_stack([np.ones(own.sum()), consensus[own] - middle])
        precision = design.T @ design / NOISE_SD**2 + prior_precision
        weighted = design.T @ (rated[own] - middle) / NOISE_SD**2 + prior_precision @ [0.0, 1.0]
        estimates[rater] = np.linalg.solve(precision, weighted)
    spreads = np.clip(estimates[:, 1], *SPREADS)
    return Calibration(middle, estimates[:, 0] - estimates[:, 0].mean(), spreads / np.exp(np.log(spreads).mean()))
