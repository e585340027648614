"""Rates shrunk towards what is expected of them (empirical Bayes).

Shapes: ``P`` points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import betaln
from scipy.stats import beta

SURE = 0.95  # posterior probability of what is called clear


STRENGTHS = 2.0 ** np.arange(11)  # of a prior, in trials


class Posterior(NamedTuple):
    """Beta distributions of the rate at every point: ``(P,)`` each."""

    a: np.ndarray
    b: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Rates, counts shrunk towards the smoothed surface."""
        return self.a / (self.a + self.b)

    @property
    def low(self) -> np.ndarray:
        """What the rates surely exceed."""
        return beta.ppf(1 - SURE, self.a, self.b)


def posterior(failures: np.ndarray, trials: np.ndarray, expected: np.ndarray) -> Posterior:
    """Rates from counts, shrunk towards what is expected of them: ``(P,) x 3``.

    Smoothing blurs the edges of a region; counts do not, but are noisy. How many trials the expectation is worth is
    chosen by the likelihood of the counts (empirical Bayes, beta-binomial).
    """
    expected = np.clip(np.nan_to_num(expected), 1e-3, 1 - 1e-3)  # NaN where there is no point, and no trial either
    strength = prior_strength(failures, trials, expected)
    return Posterior(failures + strength * expected, trials - failures + strength * (1 - expected))


def prior_strength(failures: np.ndarray, trials: np.ndarray, expected: np.ndarray) -> float:
    """The strength of a beta prior, in trials, that makes the counts likeliest."""
    a, b = STRENGTHS[:, None] * expected, STRENGTHS[:, None] * (1 - expected)
    likelihood = (betaln(failures + a, trials - failures + b) - betaln(a, b)).sum(axis=1)
    return float(STRENGTHS[likelihood.argmax()])
