"""Which items are used where there are more than fit: a seeded draw, even over classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from failscape.data.split import name_hash
from failscape.errors import UsageError


def draw(names: Sequence[str], labels: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, dict[int, list[int]]]:
    """Up to ``n`` items, as many of each class as there are or as the others allow, and what is left of each class.

    Only names, labels and the seed decide: the order of the items does not, and neither does what they show.

    Raises:
        UsageError: ``labels`` are no whole number for each name, or ``n`` is none from 0 up.

    Returns:
        The chosen indices, ascending, and per class the others in the order in which they would have come next.
    """
    if np.shape(labels) != (len(names),) or not np.issubdtype(np.asarray(labels).dtype, np.integer):
        raise UsageError(
            f"a draw needs an array of one whole number per name, its class: {len(names)} names, and labels of shape "
            f"{np.shape(labels)} {np.asarray(labels).dtype}"
        )
    if not isinstance(n, int | np.integer) or n < 0:
        raise UsageError(f"a draw is of a whole number of items from 0 up, not {n!r}")
    labels = np.asarray(labels)
    keys = np.array([name_hash(f"{seed}/{name}") for name in names])
    overall = np.lexsort((keys, _rank_in_class(keys, labels)))
    left: dict[int, list[int]] = defaultdict(list)
    for index in overall[n:]:
        left[int(labels[index])].append(int(index))
    return np.sort(overall[:n]), left


def _rank_in_class(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """``(N,), (N,) -> (N,)``: 0 for the item with the smallest key of its class, 1 for the next, ..."""
    order = np.lexsort((keys, labels))
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[order] = np.arange(len(labels)) - np.repeat(starts, counts)
    return ranks
