"""Where walks back begin: for each item, a failure that a macroscopic run found.

Shapes: ``N`` items, ``K`` concepts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.lattice import lattice, origin, steps_between
from failscape.data.base import Items
from failscape.envs.identity import Identity
from failscape.errors import UsageError
from failscape.records.folder import RunFolder


def walked_space(run: Path) -> ConceptSpace:
    """The grid of ``run``, with the strengths that change nothing among its levels."""
    return lattice(concept_space(RunFolder(run).config["space"]))


def nearest_failures(run: Path, space: ConceptSpace, items: Items, mode: int | None = None) -> np.ndarray:
    """For each item the known failure that is fewest levels from the origin, ``(N, K)``; -1 where none is known.

    Args:
        run: folder of a macroscopic run over the same items.
        space: as :func:`walked_space` has it.
        items: of the walk.
        mode: number of a failure mode of the run, from 1, to begin in; any failure when omitted.

    Raises:
        UsageError: the run saw other items, or has no such mode or no failure.
    """
    folder = RunFolder(run)
    Identity.explored(run).expect(Identity(np.array(items.names, str), items.digests, ""), run)
    store = folder.store()
    try:
        probes = store.frame()
    finally:
        store.close()
    failing = probes[probes["failed"] & (probes["point"] >= 0)]
    if mode is not None:
        failing = failing[failing["point"].isin(_points_of_mode(folder, mode))]
    starts = np.full((len(items), len(space.shape)), -1, np.int64)
    for item, point in _nearest(failing, concept_space(folder.config["space"]), space):
        starts[item] = point
    if (starts < 0).all():
        raise UsageError(f"{run} knows no failure{'' if mode is None else f' in mode {mode}'} to begin a walk at")
    return starts


def _points_of_mode(folder: RunFolder, mode: int) -> list[int]:
    modes = folder.summary.get("modes", [])
    if not 1 <= mode <= len(modes):
        raise UsageError(f"{folder.path} has {len(modes)} failure modes; there is no mode {mode}")
    return list(modes[mode - 1]["points"])


def _nearest(failing: pd.DataFrame, before: ConceptSpace, space: ConceptSpace) -> list[tuple[int, np.ndarray]]:
    """Item and point on the lattice of each item's failure of fewest levels."""
    if not len(failing):
        return []
    strengths = before.strengths(before.point(failing["point"].to_numpy(np.int64)))
    columns = [np.searchsorted(c.levels, column) for c, column in zip(space.concepts, strengths.T, strict=True)]
    points = np.stack(columns, axis=1)
    distance = steps_between(space, points, origin(space)).sum(axis=1)
    order = np.argsort(distance, kind="stable")
    items = failing["item"].to_numpy(np.int64)[order]
    _, first = np.unique(items, return_index=True)
    return [(int(items[i]), points[order[i]]) for i in first]
