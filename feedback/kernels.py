"""The kernel of the reward model: like failures are about equally undesirable, in each respect and in all together.

Shapes: ``n, m`` rows, ``F`` columns, ``T`` hyperparameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel

# Before a label is seen. Bounds are wide: what keeps hyperparameters sensible is the prior of the fit.
VARIANCE, VARIANCES = 0.25, (1e-5, 1e3)  # of each term, in units of the labels' variance
LENGTH, LENGTHS = 1.0, (1e-3, 1e3)  # a part has a mean squared length of one
NOISE, NOISES = 0.2, (1e-5, 1e2)


class Part(Kernel):
    """A kernel on the columns ``start`` to ``stop`` of its input; scikit-learn's own see all columns."""

    def __init__(self, kernel: Kernel, start: int, stop: int) -> None:
        self.kernel, self.start, self.stop = kernel, start, stop

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """As scikit-learn asks."""
        return {"kernel": self.kernel, "start": self.start, "stop": self.stop}

    @property
    def hyperparameters(self) -> list[Any]:
        """Those of the inner kernel."""
        return list(self.kernel.hyperparameters)

    @property
    def theta(self) -> np.ndarray:
        """Their logarithms, ``(T,)``."""
        return np.asarray(self.kernel.theta)

    @theta.setter
    def theta(self, theta: np.ndarray) -> None:
        self.kernel.theta = theta

    @property
    def bounds(self) -> np.ndarray:
        """Of ``theta``, ``(T, 2)``."""
        return np.asarray(self.kernel.bounds)

    def __call__(self, X: np.ndarray, Y: np.ndarray | None = None, eval_gradient: bool = False) -> Any:
        """``(n, F), (m, F) -> (n, m)``, and the gradient ``(n, n, T)`` where asked for."""
        columns = slice(self.start, self.stop)
        return self.kernel(X[:, columns], None if Y is None else Y[:, columns], eval_gradient)

    def diag(self, X: np.ndarray) -> np.ndarray:
        """``(n, F) -> (n,)``."""
        return np.asarray(self.kernel.diag(X[:, self.start : self.stop]))

    def is_stationary(self) -> bool:
        """As the inner kernel."""
        return bool(self.kernel.is_stationary())


def preference_kernel(sizes: Sequence[int]) -> Kernel:
    """A term for each part of the features (``sizes`` columns each), one for all together, and the raters' noise.

    Terms of single parts let a few labels say much: what is learned of a class holds for all edits. The term of all
    together is for what only holds in combination.
    """
    edges = np.cumsum([0, *sizes])
    spans = [(int(a), int(b)) for a, b in pairwise(edges) if b > a]
    terms = [
        ConstantKernel(VARIANCE, VARIANCES) * Part(RBF(LENGTH, LENGTHS), start, stop)
        for start, stop in [*spans, (0, int(edges[-1]))]
    ]
    signal = terms[0]
    for term in terms[1:]:
        signal = signal + term
    return signal + WhiteKernel(NOISE, NOISES)
