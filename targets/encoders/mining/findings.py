"""What mined pairs amount to: items that are alike to both encoders are set apart, so that a finding counts once.

Shapes: ``N`` items, ``M`` pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def different(digests: Sequence[bytes]) -> np.ndarray:
    """For each item ``(N,)`` the first one with the same digest; itself where there is none before it."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(digest, row) for row, digest in enumerate(digests)], np.int64)


def clusters(n: int, same: pd.DataFrame) -> np.ndarray:
    """For each of ``n`` items the first one that near-duplicates connect it with: ``(N,)``."""
    edges = coo_array((np.ones(len(same), bool), (same["first"], same["second"])), shape=(n, n))
    _, label = connected_components(edges, directed=False)
    _, first = np.unique(label, return_index=True)
    found: np.ndarray = first[label]
    return found


def findings(blind: pd.DataFrame, cluster: np.ndarray) -> pd.DataFrame:
    """Blind pairs with how blind they are, and whether a pair before tells the same of near-duplicates.

    Args:
        blind: columns ``first``, ``second``, ``target`` and ``reference``.
        cluster: of each item ``(N,)``.

    Returns:
        In the same order, with ``blindness`` (the target's similarity less the reference's, from -2 to 2) and
        ``repeats``: of pairs between the same two clusters all but the blindest one, of equals the first, do.
    """
    found = blind.assign(blindness=blind["target"] - blind["reference"])
    ends = np.sort(cluster[blind[["first", "second"]].to_numpy(np.int64)], axis=1)
    ranked = found.assign(low=ends[:, 0], high=ends[:, 1]).sort_values("blindness", ascending=False, kind="stable")
    repeats = ranked.duplicated(["low", "high"]) | (ranked["low"] == ranked["high"])
    return found.assign(repeats=repeats.reindex(found.index))


def blindest(found: pd.DataFrame, k: int) -> pd.DataFrame:
    """The ``k`` findings that the encoder is most blind for, blindest first; of equals those of the first items."""
    ordered = found[~found["repeats"]].sort_values("blindness", ascending=False, kind="stable")
    return ordered.head(k).reset_index(drop=True)
