"""A fast screen: which pairs of two blocks may be above a threshold, by one matrix product in low precision.

No pair above the threshold is missed: what low precision can be wrong by is bounded and taken off the threshold. What
the screen lets through is decided by ``similarity``.

Shapes: ``R`` rows and ``C`` columns of a block, ``F`` features.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

from failscape.errors import UsageError
from failscape.targets.encoders.mining.similarity import PAIRS_AT_ONCE, Vectors

HELD_BYTES = 1 << 30  # a corpus up to this size is prepared once and held; a larger one block by block
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
RUN = 128  # columns whose largest similarity is looked at first
LEAST = -4.0  # no cosine
TRIAL = (1024, 1024, 512)  # of the product that chooses the precision


class Screen:
    """Screens blocks of one corpus.

    Args:
        vectors: ``(N, F)``.
        precision: of the product, ``float32``, ``bfloat16``, or ``auto``: whichever is faster on this device. What is
            found does not depend on it.
        device: where the product is computed.

    Raises:
        UsageError: there is no such precision.
    """

    def __init__(self, vectors: Vectors, precision: str = "auto", device: str = "cpu") -> None:
        if precision not in (*PRECISIONS, "auto"):
            raise UsageError(f"precision is auto, {' or '.join(PRECISIONS)}, not {precision!r}")
        self.vectors, self.device = vectors, torch.device(device)
        self.precision = faster_precision(self.device) if precision == "auto" else precision
        self.dtype = PRECISIONS[self.precision]
        n, n_features = vectors.shape
        self.margin = margin(n_features, self.precision)
        self._held: torch.Tensor | None = None
        if n * n_features * self.dtype.itemsize <= HELD_BYTES:
            self._held = torch.empty(n, n_features, dtype=self.dtype, device=self.device)
            for start in range(0, n, 8192):
                self._held[start : start + 8192] = self._prepared(start, start + 8192)

    def block(self, start: int, stop: int) -> torch.Tensor:
        """Rows as unit vectors in low precision ``(R, F)``."""
        return self._prepared(start, stop) if self._held is None else self._held[start:stop]

    def above(self, similarities: torch.Tensor, threshold: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of all similarities ``(R, C)`` that may be above the threshold, sorted."""
        least = threshold - self.margin
        if missing := -similarities.shape[1] % RUN:
            similarities = torch.nn.functional.pad(similarities, (0, missing), value=LEAST)
        runs = similarities.view(len(similarities), -1, RUN)
        rows, places = (runs.amax(dim=2) > least).nonzero().unbind(dim=1)  # few runs hold any, and those are looked at
        which, within = (runs[rows, places] > least).nonzero().unbind(dim=1)
        return rows[which].cpu().numpy(), (places[which] * RUN + within).cpu().numpy()

    def still_above(self, first: np.ndarray, second: np.ndarray, threshold: float) -> np.ndarray:
        """Which pairs (M,) that passed may still be above the threshold, looked at again in float32: (M,) bool."""
        least = threshold - margin(self.vectors.shape[1], "float32")
        found = np.ones(len(first), bool)
        for start in range(0, 0 if self.precision == "float32" else len(first), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            one, other = (np.asarray(self.vectors[rows[part]], np.float32) for rows in (first, second))
            products, squares = np.einsum("ij,ij->i", one, other), np.einsum("ij,ij->i", one, one)
            found[part] = products > least * np.sqrt(squares * np.einsum("ij,ij->i", other, other))
        return found

    def both_above(
        self, here: torch.Tensor, there: torch.Tensor, of_rows: np.ndarray, of_columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where ``here`` (R, C) may be above a threshold of each row, and ``there`` above one of each column."""
        rows, columns = (
            torch.from_numpy(bounds - self.margin).to(here.device, torch.float32) for bounds in (of_rows, of_columns)
        )
        where = ((here > rows[:, None]) & (there > columns)).nonzero()
        return where[:, 0].cpu().numpy(), where[:, 1].cpu().numpy()

    def _prepared(self, start: int, stop: int) -> torch.Tensor:
        rows = torch.from_numpy(np.ascontiguousarray(self.vectors[start:stop], np.float32)).to(self.device)
        return torch.nn.functional.normalize(rows, dim=1).to(self.dtype)


def margin(n_features: int, precision: str) -> float:
    """How far a product of unit vectors can lie from their cosine, and a threshold from itself in that precision.

    With unit roundoff ``u`` of the precision: ``2 u`` for the two vectors, ``u`` for the result, ``u`` for the
    threshold that it is compared with, and ``n_features`` roundoffs of float32, in which products are summed; a tenth
    more for terms of higher order and the vectors' lengths.
    """
    u = torch.finfo(PRECISIONS[precision]).eps / 2
    summed = n_features * torch.finfo(torch.float32).eps / 2
    return 1.1 * (4 * u + summed + 4 * torch.finfo(torch.float32).eps)


def faster_precision(device: torch.device) -> str:
    """The precision in which this device multiplies faster; one that is not supported is slower than any."""
    seconds = {name: min(_trial(dtype, device)) for name, dtype in PRECISIONS.items()}
    return min(seconds, key=seconds.__getitem__)


def _trial(dtype: torch.dtype, device: torch.device, times: int = 3) -> Iterator[float]:
    rows, columns, n_features = TRIAL
    one = torch.ones(rows, n_features, dtype=dtype, device=device)
    other = torch.ones(columns, n_features, dtype=dtype, device=device)
    for _ in range(times):
        start = time.perf_counter()
        (one @ other.T).sum().item()
        yield time.perf_counter() - start
