"""An approximate first stage for corpora whose pairs are too many to compare: nearest neighbors by an inverted file.

FAISS (Douze et al. 2024) groups the vectors around centroids, and looks for the neighbors of an item in the groups
nearest to it alone. Pairs that it proposes are decided as all others are; what it does not propose is missed. How much
that is can be measured: ``drawn_neighbors`` are those of some items, exactly.

Shapes: ``N`` items, ``S`` drawn ones, ``M`` pairs, ``K`` neighbors, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from failscape.errors import require
from failscape.targets.encoders.mining.chosen import Chosen
from failscape.targets.encoders.mining.mining import MOST, STRIPE, Stripe, Thresholds, check_number, decided, stripe_of
from failscape.targets.encoders.mining.screen import Screen, margin
from failscape.targets.encoders.mining.similarity import ROWS_AT_ONCE, Vectors, cosines

PER_CENTROID = 64  # items that a centroid is computed from
LEAST_PER_GROUP = 40  # items in a group of a small corpus
PROBED = 16  # groups that are looked into, so that the work for an item grows as a group does
DRAWN = 2000  # items whose neighbors are computed exactly


def n_groups(n: int) -> tuple[int, int]:
    """Groups of ``n`` items, and how many of them are looked into for each item."""
    groups = max(1, min(round(4 * n**0.5), n // LEAST_PER_GROUP))
    return groups, min(groups, PROBED)


def propose(
    vectors: Vectors,
    k: int,
    above: float,
    *,
    seed: int = 0,
    most: int = MOST,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of which one item is among the ``k`` nearest of the other that were found, where they may be alike.

    Args:
        vectors: ``(N, F)``, which are held in memory as float32.
        k: neighbors of each item.
        above: a cosine; pairs that are surely no more similar are left out.
        seed: of the centroids.
        most: pairs that it may find, from either of their items.
        progress: told the items that are done, and how many there are.

    Returns:
        First and second items ``(M,)`` each, sorted, each pair once.

    Raises:
        UsageError: FAISS is not installed; there are more pairs.
    """
    n, least = len(vectors), above - margin(vectors.shape[1], "float32")
    index, keys, n_found = _index(vectors, seed), [np.empty(0, np.int64)], 0
    for start in range(0, n, ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, n))
        similarities, found = index.search(_unit(vectors, rows), min(k + 1, n))  # an item is its own neighbor
        kept = (found >= 0) & (found != rows[:, None]) & (similarities > least)
        items, others = np.broadcast_to(rows[:, None], found.shape)[kept], found[kept]
        keys.append(_keys(items, others, n))
        n_found += len(items)
        check_number(n_found, above, 2 * most)  # a pair may be found from both of its items
        if progress is not None:
            progress(int(rows[-1]) + 1, n)
    first, second = np.divmod(np.unique(np.concatenate(keys)), n)
    return first, second


def mine_proposed(
    proposed: tuple[np.ndarray, np.ndarray], target: Vectors, reference: Vectors, thresholds: Thresholds
) -> Stripe:
    """What mining finds among some pairs ``(M,)``: each is decided exactly.

    Raises:
        UsageError: there are more than ``MOST``.
    """
    pairs = decided(*proposed, target, reference, thresholds)
    check_number(len(pairs), min(thresholds.target, thresholds.same), MOST)
    return stripe_of([pairs], thresholds)


def drawn_neighbors(
    vectors: Vectors, above: float, screen: Screen, *, n_drawn: int = DRAWN, seed: int = 0, most: int = MOST
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs above a threshold that some drawn items are in.

    Args:
        vectors: ``(N, F)``.
        above: a cosine.
        screen: of the same vectors.
        n_drawn: items to draw, without replacement; all where there are no more.
        seed: of the draw.
        most: pairs that it may find.

    Returns:
        The drawn items ``(S,)``, and the drawn and the other item of each pair ``(M,)``. A pair of two drawn items is
        there twice, once for each.

    Raises:
        UsageError: there are more.
    """
    n = len(vectors)
    drawn = np.sort(np.random.default_rng((seed, n, 2)).choice(n, min(n_drawn, n), replace=False))
    rows = Screen(Chosen(vectors, drawn), screen.precision, str(screen.device)).block(0, len(drawn))
    items, others = [], []
    for column in range(0, n, STRIPE):
        which, second = screen.above(rows @ screen.block(column, min(column + STRIPE, n)).T, above)
        first, second = drawn[which], second + column
        kept = first != second
        first, second = first[kept], second[kept]
        kept = cosines(vectors, first, second) > above
        items.append(first[kept])
        others.append(second[kept])
        check_number(sum(map(len, items)), above, most)
    return drawn, np.concatenate(items), np.concatenate(others)


def among(proposed: tuple[np.ndarray, np.ndarray], one: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """Which pairs ``(M,)`` of ``n`` items, in either order, are among those that were proposed: ``(M,)`` bool."""
    found: np.ndarray = np.isin(_keys(one, other, n), _keys(*proposed, n))
    return found


def _keys(one: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """A number for each pair of ``n`` items ``(M,)``, the same in either order."""
    found: np.ndarray = np.minimum(one, other) * n + np.maximum(one, other)
    return found


def _index(vectors: Vectors, seed: int) -> Any:
    faiss = require("faiss", "faiss")
    n, n_features = vectors.shape
    groups, probed = n_groups(n)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(n_features), n_features, groups, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed, index.cp.min_points_per_centroid, index.nprobe = 1 + seed % 1_000_000, 1, probed
    sample = np.random.default_rng((seed, n, 1)).choice(n, min(n, PER_CENTROID * groups), replace=False)
    index.train(_unit(vectors, np.sort(sample)))
    for start in range(0, n, ROWS_AT_ONCE):
        index.add(_unit(vectors, np.arange(start, min(start + ROWS_AT_ONCE, n))))
    return index


def _unit(vectors: Vectors, rows: np.ndarray) -> np.ndarray:
    """Rows as unit vectors in float32, as FAISS takes them."""
    found = np.ascontiguousarray(vectors[rows], np.float32)
    unit: np.ndarray = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit
