"""Failures to look at: items before and after the edit that breaks them.

Shapes: ``B`` probes, ``H, W`` image size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from failscape.analysis.landscape import Landscape
from failscape.analysis.text_exemplars import Told, tell
from failscape.concepts import ConceptSpace
from failscape.concepts.label_effect import PRESERVED
from failscape.data.base import Items
from failscape.data.batch import Articles, Images
from failscape.data.texts import LENGTHS
from failscape.envs.mdp import ConceptMDP


@dataclass(frozen=True)
class Exemplar:
    """One probe, as a person looks at it."""

    probe: int  # its number in the run: what ``failscape show`` takes; -1 where it is of no run
    name: str  # of the item
    point: int
    edit: str  # ``rotation 5°, darken 0.4``
    truth: str  # the true class; of a text, its topic
    said_before: str  # what the target said of the unedited item
    said: str  # what it said of the edited one
    confidence: float  # how sure it was of that, in [0, 1]; of a text, the score of the summary
    failed: bool


@dataclass(frozen=True)
class PictureExemplar(Exemplar):
    """A picture, and what became of it."""

    before: np.ndarray  # (H, W, 3) uint8
    after: np.ndarray  # (H, W, 3) uint8


@dataclass(frozen=True)
class TextExemplar(Exemplar):
    """An article, and what became of it and of its summary."""

    kind: str  # what is wrong with the summary
    told: Told
    cut: bool = False  # the edited article was too long, and its end was not read


class Subject(NamedTuple):
    """What a run was about: all that exemplars need beside its probes."""

    data: Items
    space: ConceptSpace
    groups: Sequence[str] = ()  # what ``reference`` indexes: classes, topics
    answers: Sequence[str] = ()  # what ``predicted`` indexes: classes, or what is wrong with a text
    label_effect: Callable[[np.ndarray], np.ndarray] | None = None  # of edits on a reference, where it matters

    @classmethod
    def of(cls, mdp: ConceptMDP) -> Subject:
        """Of an environment."""
        return cls(mdp.items, mdp.space, mdp.group_names, mdp.answer_names, mdp.space.label_effect)

    @property
    def is_pictures(self) -> bool:
        """Whether the items are pictures."""
        return isinstance(self.data.batch, Images)

    @property
    def is_texts(self) -> bool:
        """Whether the items are articles with their references."""
        return isinstance(self.data.batch, Articles)

    @property
    def noun(self) -> str:
        """What a group of items is called: ``class``, ``topic`` or ``length``."""
        if not self.is_texts:
            return "class"
        return "length" if tuple(self.data.group_names) == LENGTHS else "topic"


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


def exemplars(rows: pd.DataFrame, items: pd.DataFrame, subject: Subject) -> list[Exemplar]:
    """The probes in ``rows``, made again from the items; none where the items are neither pictures nor texts."""
    if not len(rows) or not (subject.is_pictures or subject.is_texts):
        return []
    points = points_of(rows)
    inputs = subject.data.batch.take(rows["item"].to_numpy(np.int64, copy=True))
    edited = edit_again(subject.space, inputs, points, rows)
    common = [_common(subject, points[i], number, row) for i, (number, row) in enumerate(rows.iterrows())]
    if subject.is_pictures:
        before, after = to_hwc(inputs.pixels), to_hwc(edited.pixels)
        said_before = [subject.answers[int(k)] for k in items.loc[rows["item"], "predicted"]]
        said = [subject.answers[int(k)] for k in rows["predicted"]]
        parts = zip(common, said_before, said, before, after, strict=True)
        return [PictureExemplar(**c, said_before=b, said=a, before=x, after=y) for c, b, a, x, y in parts]
    return text_exemplars(common, rows, items.loc[rows["item"]], subject, inputs.pair, edited.pair)


def text_exemplars(
    common: Sequence[dict[str, Any]],
    rows: pd.DataFrame,
    items: pd.DataFrame,
    subject: Subject,
    inputs: np.ndarray,
    edited: np.ndarray,
) -> list[Exemplar]:
    """Texts from what they have in common with pictures, and the rows of their probes and items, ``B`` of each."""
    effects = subject.label_effect(points_of(rows)) if subject.label_effect else np.full(len(rows), PRESERVED, object)
    said = rows["said"].fillna("").tolist()
    said_before, scores = items["said"].fillna("").tolist(), items["truth"].tolist()
    found: list[Exemplar] = []
    columns = (rows[name] for name in ("predicted", "truth", "cut"))
    for i, (number, score, cut) in enumerate(zip(*columns, strict=True)):
        told = tell(inputs[i], edited[i], (said_before[i], said[i]), (scores[i], float(score)), effects[i])
        kind = subject.answers[int(number)]
        words = {"said_before": said_before[i], "said": said[i], "kind": kind}
        found.append(TextExemplar(**common[i], **words, told=told, cut=bool(cut)))
    return found


def _common(subject: Subject, point: np.ndarray, number: Any, row: pd.Series) -> dict[str, Any]:
    return {
        "probe": int(number),
        "name": str(row["name"]),
        "point": int(row["point"]),
        "edit": subject.space.label(point),
        "truth": subject.groups[int(row["reference"])],
        "confidence": float(row["truth"] if subject.is_texts else row["confidence"]),
        "failed": bool(row["failed"]),
    }


def points_of(rows: pd.DataFrame) -> np.ndarray:
    """The points of probes, ``(B, K)`` int64."""
    return np.array([[int(level) for level in text.split(",")] for text in rows["levels"]], np.int64)


def edit_again(space: ConceptSpace, inputs: Any, points: np.ndarray, rows: pd.DataFrame) -> Any:
    """The inputs of probes as the target saw them; where edits compound, along the probes' paths."""
    items = rows["item"].to_numpy(np.int64)
    paths = [text.split(",") if text != "-" else [] for text in rows["path"]] if "path" in rows else []
    longest = max((len(path) for path in paths), default=0)
    if not longest:
        return space.apply(inputs, points, items)
    history = np.array([[int(action) for action in path] + [-1] * (longest - len(path)) for path in paths], np.int64)
    return space.compound(inputs, history, items)


def worst_exemplars(
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    subject: Subject,
    n_points: int = 6,
    per_point: int = 6,
) -> list[Exemplar]:
    """Exemplars of the worst points of a landscape."""
    points = landscape.worst(n_points).index.tolist()
    return exemplars(choose(probes, items, points, per_point), items, subject)


def to_hwc(images: torch.Tensor) -> np.ndarray:
    """uint8 ``(B, 3, H, W)`` as ``(B, H, W, 3)`` on the host."""
    return np.ascontiguousarray(images.cpu().permute(0, 2, 3, 1).numpy())
