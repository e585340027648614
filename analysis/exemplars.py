"""Failures to look at: items before and after the edit that breaks them.

Shapes: ``H, W`` image size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from failscape.analysis.landscape import Landscape
from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.envs.mdp import compound


@dataclass(frozen=True)
class Exemplar:
    """One probe, as a person looks at it."""

    probe: int  # its number in the run: what ``failscape show`` takes; -1 where it is of no run
    name: str  # of the item
    point: int
    edit: str  # ``rotation 5°, darken 0.4``
    truth: str  # the true class
    said_before: str  # what the target said of the unedited item
    said: str  # what it said of the edited one
    confidence: float  # how sure it was of that, in [0, 1]
    failed: bool
    before: np.ndarray  # (H, W, 3) uint8
    after: np.ndarray  # (H, W, 3) uint8


def choose(probes: pd.DataFrame, items: pd.DataFrame, points: Sequence[int], per_point: int = 6) -> pd.DataFrame:
    """Failing probes to show for each of ``points``, the most severe first, one per item.

    Items that the target gets right unedited come before the others: there the edit, not the item, is to blame.
    """
    failing = probes[probes["failed"] & probes["point"].isin(list(points))]
    right = ~items["failed"]
    failing = failing.assign(was_right=right.reindex(failing["item"]).to_numpy())
    failing = failing.drop_duplicates(["item", "point"])
    ranked = failing.sort_values(["was_right", "severity"], ascending=False, kind="stable")
    chosen = ranked.groupby("point", sort=False).head(per_point)
    order = {point: i for i, point in enumerate(points)}
    return chosen.assign(rank=chosen["point"].map(order)).sort_values("rank", kind="stable")


def exemplars(
    rows: pd.DataFrame, items: pd.DataFrame, data: Items, space: ConceptSpace, class_names: Sequence[str]
) -> list[Exemplar]:
    """The probes in ``rows`` with their pictures, made again from the items."""
    if not len(rows):
        return []
    which = torch.tensor(rows["item"].tolist(), device=data.inputs.device)
    points = np.array([[int(level) for level in text.split(",")] for text in rows["levels"]], np.int64)
    inputs = data.inputs[which]
    before, after = to_hwc(inputs), to_hwc(edit_again(space, inputs, points, rows))
    return [
        Exemplar(
            probe=int(rows.index[i]),
            name=str(row["name"]),
            point=int(row["point"]),
            edit=space.label(points[i]),
            truth=class_names[int(row["reference"])],
            said_before=class_names[int(items.loc[row["item"], "predicted"])],
            said=class_names[int(row["predicted"])],
            confidence=float(row["confidence"]),
            failed=bool(row["failed"]),
            before=before[i],
            after=after[i],
        )
        for i, (_, row) in enumerate(rows.iterrows())
    ]


def edit_again(space: ConceptSpace, inputs: torch.Tensor, points: np.ndarray, rows: pd.DataFrame) -> torch.Tensor:
    """The inputs of probes as the target saw them; where edits compound, along the probes' paths."""
    items = rows["item"].to_numpy(np.int64)
    paths = [text.split(",") if text != "-" else [] for text in rows["path"]] if "path" in rows else []
    longest = max((len(path) for path in paths), default=0)
    if not longest:
        return space.apply(inputs, points, items)
    history = np.array([[int(action) for action in path] + [-1] * (longest - len(path)) for path in paths], np.int64)
    return compound(space, inputs, history, items)


def worst_exemplars(
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    data: Items,
    class_names: Sequence[str],
    n_points: int = 6,
    per_point: int = 6,
) -> list[Exemplar]:
    """Exemplars of the worst points of a landscape."""
    points = landscape.worst(n_points).index.tolist()
    return exemplars(choose(probes, items, points, per_point), items, data, landscape.space, class_names)


def to_hwc(images: torch.Tensor) -> np.ndarray:
    """uint8 ``(B, 3, H, W)`` as ``(B, H, W, 3)`` on the host."""
    return np.ascontiguousarray(images.cpu().permute(0, 2, 3, 1).numpy())
