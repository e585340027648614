"""Probes made again from items and edits, and what the records say of them.

Shapes: ``B`` probes, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.examples.base import ExampleContext
from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import State
from failscape.records.probe_arrays import paths_of, points_of


def unedited_again(context: ExampleContext, rows: pd.DataFrame) -> Any:
    """The unedited inputs of probes, ``(B, ...)``."""
    return context.data.batch.take(rows["item"].to_numpy(np.int64, copy=True))


def edit_again(space: ConceptSpace, inputs: Any, points: np.ndarray, rows: pd.DataFrame) -> Any:
    """The inputs of probes as the target saw them; where edits compound, along the probes' paths."""
    items, paths = rows["item"].to_numpy(np.int64), paths_of(rows)
    if not paths.shape[1]:
        return space.apply(inputs, points, items)
    return space.compound(inputs, paths, items)


def answers_of(names: Sequence[str], rows: pd.DataFrame) -> list[str]:
    """What the target answered: the words that it wrote, else the name of its answer. ``B`` of them."""
    written = rows["output_text"].fillna("").tolist()
    return [text or name_of(names, int(k)) for text, k in zip(written, rows["predicted"], strict=True)]


def name_of(names: Sequence[str], k: int) -> str:
    """The name of a group or an answer; its number where they have no names."""
    return names[k] if names else str(k)


def recorded(context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[dict[str, Any]]:
    """The fields of an ``Example`` that the records of a run hold, for each of its probes in ``rows``."""
    before = answers_of(context.answers, items.loc[rows["item"]])
    after, points, numbers = answers_of(context.answers, rows), points_of(rows), rows.index.tolist()
    return [
        {
            "probe": number,
            "name": str(row["name"]),
            "point": int(row["point"]),
            "edit": context.space.label(points[i]),
            "group": name_of(context.groups, int(row["group"])),
            "answer_before": before[i],
            "answer": after[i],
            "score": float(row["confidence"]),
            "failed": bool(row["failed"]),
        }
        for i, (number, (_, row)) in enumerate(zip(numbers, rows.iterrows(), strict=True))
    ]


def paired_state(mdp: ConceptMDP, pairs: pd.DataFrame) -> State:
    """The states of pairs of item and point, of which -1 is the unedited one."""
    numbers = pairs["point"].to_numpy()
    points = np.where(numbers[:, None] < 0, UNEDITED, mdp.space.point(np.maximum(numbers, 0)))
    return mdp.at(pairs["item"].to_numpy(np.int64, copy=True), points)


def paired(mdp: ConceptMDP, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """The fields of an ``Example`` that hold for any answer to pairs of item and point that fail."""
    items, points = pairs["item"].tolist(), paired_state(mdp, pairs).points
    return [
        {
            "probe": -1,
            "name": mdp.items.names[item],
            "point": int(number),
            "edit": mdp.space.label(points[i]),
            "group": name_of(mdp.group_names, int(mdp.items.group[item])),
            "failed": True,
        }
        for i, (item, number) in enumerate(zip(items, pairs["point"], strict=True))
    ]


def answered(old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """The fields of an ``Example`` where the answers of two versions of a target have names; the old one stands before.

    ``pairs`` has the columns ``predicted_before``, ``predicted_after`` and ``confidence_after`` as well.
    """
    columns = (pairs[name] for name in ("predicted_before", "predicted_after", "confidence_after"))
    return [
        {
            **fields,
            "answer_before": name_of(old.answer_names, int(before)),
            "answer": name_of(new.answer_names, int(after)),
            "score": float(score),
        }
        for fields, before, after, score in zip(paired(old, pairs), *columns, strict=True)
    ]
