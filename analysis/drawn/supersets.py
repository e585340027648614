"""The assumption behind a search for smallest failing sets of slots: what fails goes on failing when more is filled.

Shapes: ``B`` pictures, ``K`` slots.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.landscape.minimal_edits import smallest_edits
from failscape.analysis.statistics.rates import wilson
from failscape.concepts.lattice import origin
from failscape.envs.picture_mdp import PictureMDP
from failscape.records.probe_arrays import points_of

CHECKED = 100  # pictures whose smallest failing set is filled further, at most
BATCH = 64


def supersets(mdp: PictureMDP, probes: pd.DataFrame, seed: int) -> dict[str, Any] | None:
    """How often a superset of a smallest failing set does not fail; None where nothing walked or failed.

    Of each picture, up to ``CHECKED`` of them, the smallest set that was found to fail is filled further in one slot,
    and in all, at random. Plain values: ``n`` (supersets that were drawn), ``held`` (of them, that did not fail),
    ``low`` and ``high`` (the 95 % interval of that share, supersets taken for independent), ``sizes`` (pictures by the
    number of slots of their smallest set, from 1) and ``n_queries``.

    Args:
        mdp: what was explored by walks.
        probes: of the run.
        seed: of what is filled in.
    """
    if not mdp.scheme.walks:
        return None
    home = origin(mdp.space)
    table = smallest_edits(probes, mdp.space).table
    if not len(table):
        return None
    rows = probes.loc[table["probe"].head(CHECKED)]
    smallest = points_of(rows)
    more = _filled(smallest, home, mdp.space.shape, np.random.default_rng((seed, 13)))
    items = np.tile(rows["item"].to_numpy(np.int64), len(more))
    points = np.concatenate(more)
    larger = (points != np.tile(smallest, (len(more), 1))).any(axis=1)
    items, points = items[larger], points[larger]
    failed = [
        mdp.evaluate(mdp.at(items[start : start + BATCH], points[start : start + BATCH])).failed
        for start in range(0, len(items), BATCH)
    ]
    held = int((~np.concatenate([np.zeros(0, bool), *failed])).sum())
    low, high = (float(bound[0]) for bound in wilson(np.array([held]), np.array([len(items)])))
    sizes = np.bincount(table["levels"].to_numpy(np.int64), minlength=len(home) + 1)[1:]
    return {"n": len(items), "held": held, "low": low, "high": high, "sizes": sizes.tolist(), "n_queries": len(items)}


def _filled(
    points: np.ndarray, home: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Points ``(B, K)`` with one more slot filled, and with all of them; as they are where none is left."""
    drawn = np.stack([_other(level, n, len(points), rng) for level, n in zip(home, shape, strict=True)], axis=1)
    free = points == home
    order = np.where(free, rng.random(free.shape), -1)
    one = free & (order == order.max(axis=1, keepdims=True))
    return np.where(one, drawn, points), np.where(free, drawn, points)


def _other(home: int, n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Random levels of a slot that fill it ``(B,)``."""
    drawn = rng.integers(n - 1, size=size)
    return np.asarray(drawn + (drawn >= home))
