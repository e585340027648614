"""The reward model: a small Gaussian process that says how undesirable any failure is, from a few labels.

Scores lie on a scale from 0 to 1. Shapes: ``n`` labels, ``M`` failures or cases, ``F`` features, ``T`` hyperparameters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.stats import spearmanr
from sklearn.gaussian_process import GaussianProcessRegressor

from failscape.common.safe_open import regular
from failscape.errors import UsageError
from failscape.feedback.calibration import calibrate
from failscape.feedback.kernels import preference_kernel

FORMAT = 1  # of the file
LEAST_SD = 0.05  # of the labels: where all say the same, features explain nothing
DOUBT = 1.0  # standard deviation of log hyperparameters around their defaults
ROUNDS = 5  # of calibrating raters


@dataclass(frozen=True)
class RewardModel:
    """Labels, and how far each speaks for others; :func:`fit` makes one.

    Everything here is closed form (Rasmussen and Williams 2006, chapters 2 and 5).
    """

    features: np.ndarray  # (n, F) of the rated cases
    scores: np.ndarray  # (n,) in [0, 1], calibrated
    cases: np.ndarray  # (n,) str, keys of the cases: several raters may have rated one
    sizes: tuple[int, ...]  # columns of each part of the features
    theta: np.ndarray  # (T,) logarithms of the kernel's hyperparameters
    about: dict[str, Any]  # plain values that say what was rated: whoever uses the model compares them

    @property
    def n_labels(self) -> int:
        """Labels it was fitted on."""
        return len(self.scores)

    @cached_property
    def _kernel(self) -> Any:
        return preference_kernel(self.sizes).clone_with_theta(self.theta)

    @property
    def _noise(self) -> float:
        return float(self._kernel.k2.noise_level)

    @cached_property
    def _mean(self) -> float:
        return float(self.scores.mean()) if self.n_labels else 0.5

    @cached_property
    def _sd(self) -> float:
        return max(float(self.scores.std()), LEAST_SD) if self.n_labels > 1 else 0.25

    @cached_property
    def _factor(self) -> Any:
        return cho_factor(self._kernel(self.features), lower=True)

    @cached_property
    def _weights(self) -> np.ndarray:
        return np.asarray(cho_solve(self._factor, (self.scores - self._mean) / self._sd))

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How undesirable failures are, and how unsure that is: ``(M, F) -> (M,), (M,)``, mean and deviation.

        Means are not cut to [0, 1]; deviations are of the score itself, without the raters' noise.
        """
        prior = self._kernel.k1.diag(features)
        if not self.n_labels:
            return np.full(len(features), self._mean), self._sd * np.sqrt(prior)
        across = self._kernel.k1(features, self.features)
        variance = prior - np.einsum("ij,ji->i", across, cho_solve(self._factor, across.T))
        return self._mean + self._sd * (across @ self._weights), self._sd * np.sqrt(np.maximum(variance, 0))

    def mean(self, features: np.ndarray) -> np.ndarray:
        """The mean of :meth:`predict` alone: ``(M, F) -> (M,)``."""
        return self._mean + self._sd * (self._kernel.k1(features, self.features) @ self._weights)

    def leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation, ``(n,), (n,)``, of each label as the others predict it; a case is left out whole.

        Rasmussen and Williams 2006, equations 5.10 to 5.12, for groups of rows; the deviation has the noise in it.
        """
        inverse = cho_solve(self._factor, np.eye(self.n_labels))
        means, variances = np.zeros(self.n_labels), np.zeros(self.n_labels)
        scaled = (self.scores - self._mean) / self._sd
        for case in np.unique(self.cases):
            rows = np.flatnonzero(self.cases == case)
            block = np.linalg.inv(inverse[np.ix_(rows, rows)])
            means[rows], variances[rows] = scaled[rows] - block @ self._weights[rows], np.diag(block)
        return self._mean + self._sd * means, self._sd * np.sqrt(variances)

    def accuracy(self) -> float:
        """Rank correlation (Spearman) of left-out predictions with the labels; NaN with fewer than three cases."""
        if len(np.unique(self.cases)) < 3 or np.ptp(self.scores) == 0:
            return float("nan")
        return float(spearmanr(self.leave_one_out()[0], self.scores).statistic)

    def gains(self, candidates: np.ndarray, pool: np.ndarray) -> np.ndarray:
        """By how much one label of each candidate would lower the variance summed over a pool: ``(M, F) -> (M,)``.

        Cohn, Ghahramani and Jordan 1996 (active learning with statistical models); for a Gaussian process a label of c
        lowers the variance at j by ``cov(j, c)^2 / (var(c) + noise)``, whatever the label says.
        """
        covariance = self._kernel.k1(pool, candidates)
        variance = self._kernel.k1.diag(candidates)
        if self.n_labels:
            to_pool, to_candidates = (self._kernel.k1(self.features, rows) for rows in (pool, candidates))
            solved = cho_solve(self._factor, to_candidates)
            covariance = covariance - to_pool.T @ solved
            variance = variance - np.einsum("ij,ij->j", to_candidates, solved)
        return np.asarray(self._sd**2 * (covariance**2).sum(axis=0) / (np.maximum(variance, 0) + self._noise))

    def save(self, path: Path) -> None:
        """Write tables and JSON to ``path`` (npz, no pickles), whole or not at all."""
        tables: dict[str, Any] = {"features": self.features, "scores": self.scores, "cases": self.cases.astype(str)}
        tables |= {"sizes": np.array(self.sizes), "theta": self.theta, "format": np.array(FORMAT)}
        tables["about"] = np.array(json.dumps(self.about))
        partial = path.with_suffix(f".{os.getpid()}.partial")
        with partial.open("wb") as file:
            np.savez(file, **tables)
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> RewardModel:
        """What :meth:`save` wrote.

        Raises:
            UsageError: it is not such a file.
        """
        try:
            with np.load(regular(path), allow_pickle=False) as table:
                if int(table["format"]) != FORMAT:
                    raise UsageError(f"{path} was written by another version; run `failscape feedback` again")
                sizes, about = tuple(table["sizes"].tolist()), json.loads(str(table["about"]))
                return cls(table["features"], table["scores"], table["cases"], sizes, table["theta"], about)
        except (OSError, KeyError, ValueError, EOFError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(f"{path} holds no reward model: {error}; run `failscape feedback` again") from error


def untaught(sizes: Sequence[int], about: dict[str, Any] | None = None) -> RewardModel:
    """The model before any label: everything is equally undesirable, and like cases are alike."""
    theta = preference_kernel(sizes).theta
    return RewardModel(
        np.zeros((0, sum(sizes))), np.zeros(0), np.zeros(0, "U1"), tuple(sizes), theta, dict(about or {})
    )


def fit(
    features: np.ndarray,
    scores: np.ndarray,
    cases: np.ndarray,
    raters: np.ndarray,
    sizes: Sequence[int],
    about: dict[str, Any] | None = None,
) -> RewardModel:
    """The model of some labels: raters brought to one scale, hyperparameters at their most probable.

    Args:
        features: of the rated cases, ``(n, F)``.
        scores: as they were given, ``(n,)`` in [0, 1].
        cases: keys, ``(n,)``.
        raters: names, ``(n,)``.
        sizes: columns of each part of the features.
        about: kept with the model.
    """
    blank = untaught(sizes, about)
    if not len(scores):
        return blank
    names, who = np.unique(raters, return_inverse=True)
    model = _probable(replace(blank, features=features, scores=scores, cases=np.asarray(cases, str)))
    if len(names) == 1:
        return model
    for _ in range(ROUNDS):
        corrected = calibrate(who, scores, model.mean(features)).correct(who, scores)
        model = replace(model, scores=corrected)
    return _probable(model)


def _probable(model: RewardModel) -> RewardModel:
    """The model with the most probable hyperparameters: marginal likelihood times a log-normal prior around defaults.

    The prior keeps five labels from settling what only fifty can.
    """
    if model.n_labels < 2:
        return model
    process = GaussianProcessRegressor(preference_kernel(model.sizes), optimizer=_optimise)
    process.fit(model.features, (model.scores - model._mean) / model._sd)
    return replace(model, theta=process.kernel_.theta)


def _optimise(loss: Callable[..., Any], start: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    def penalised(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss(theta)
        gap = (theta - start) / DOUBT
        return value + 0.5 * float(gap @ gap), gradient + gap / DOUBT

    found = minimize(penalised, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x, float(found.fun)
