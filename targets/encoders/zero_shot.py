"""Which of some texts fits a picture best, to an encoder of both.

Shapes: ``N`` pictures, ``T`` texts, ``V`` values, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.targets.encoders.mining.similarity import ROWS_AT_ONCE, Vectors


def best_values(pictures: Vectors, texts: np.ndarray, value: Sequence[int]) -> np.ndarray:
    """The value that fits each picture best: ``(N,)`` int64; of equals the first.

    The vector of a value is the mean of the unit vectors of its texts, as a unit vector (Radford et al. 2021).

    Args:
        pictures: vectors, (N, F).
        texts: vectors, (T, F).
        value: which value each text stands for, (T,), from 0 to V - 1; each occurs.
    """
    unit = texts.astype(np.float64) / np.linalg.norm(texts, axis=1, keepdims=True)
    of_value = np.zeros((max(value) + 1, unit.shape[1]))
    np.add.at(of_value, np.asarray(value), unit)
    of_value /= np.linalg.norm(of_value, axis=1, keepdims=True)
    best = np.empty(len(pictures), np.int64)
    for start in range(0, len(best), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(best)))
        best[rows] = (np.asarray(pictures[rows], np.float64) @ of_value.T).argmax(axis=1)
    return best
