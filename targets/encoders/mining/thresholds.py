"""Thresholds as people give them: a cosine, or a quantile of an encoder's own similarities, fixed before the search.

.95 and .6 belong to the encoders that they were chosen for; another encoder's similarities lie elsewhere. Quantiles are
of random pairs of different items, the same ones for every encoder of a corpus.
"""

from __future__ import annotations

import re

import numpy as np

from failscape.errors import UsageError
from failscape.targets.encoders.mining.similarity import Vectors, cosines

SAMPLED = 200_000  # random pairs: a quantile of .999 rests on 200 of them
_QUANTILE = re.compile(r"q(0?\.[0-9]+)")


def threshold(given: str | float, vectors: Vectors, name: str, seed: int = 0) -> float:
    """The cosine that ``0.95``, or ``q0.999`` of random pairs, means for an encoder.

    Raises:
        UsageError: it is neither, or too few of the sampled pairs lie beyond the quantile to tell it.
    """
    value, is_quantile = check_threshold(given, name)
    return float(np.quantile(random_cosines(vectors, seed), value)) if is_quantile else value


def check_threshold(given: str | float, name: str) -> tuple[float, bool]:
    """What ``0.95``, or ``q0.999``, says before any vector is known: a number, and whether it is a quantile.

    Raises:
        UsageError: see ``threshold``.
    """
    found = _QUANTILE.fullmatch(str(given))
    if not found:
        try:
            return float(given), False
        except ValueError:
            raise UsageError(
                f"{name}: {given!r} is no threshold; give a cosine such as 0.95, or a quantile such as q0.999"
            ) from None
    share = float(found[1])
    if not 10 / SAMPLED <= share <= 1 - 10 / SAMPLED:
        raise UsageError(f"{name}: {given} cannot be told from {SAMPLED:,} random pairs; give a cosine")
    return share, True


def random_cosines(vectors: Vectors, seed: int = 0) -> np.ndarray:
    """Cosines of ``SAMPLED`` random pairs of two different items, the same pairs for every ``(N, F)``.

    Of all pairs, where there are no more.
    """
    n = len(vectors)
    first, second = np.triu_indices(n, 1) if n * (n - 1) // 2 <= SAMPLED else random_pairs(n, SAMPLED, seed)
    return cosines(vectors, first, second)


def random_pairs(n: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Items ``(M,)`` each of random pairs of two different items out of ``n``, with replacement."""
    rng = np.random.default_rng((seed, n))
    first = rng.integers(n, size=size)
    return first, (first + rng.integers(1, n, size=size)) % n
