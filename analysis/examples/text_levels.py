"""What each edit of texts does: one passage at every strength of it.

Shapes: ``N`` articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from failscape.analysis.examples.levels import meaning
from failscape.analysis.examples.text_diff import Piece, n_changes, uncrowded, word_diff
from failscape.concepts import ConceptSpace
from failscape.concepts.label_effect import INVALIDATED, PRESERVED, TRANSFORMED, LabelEffect
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.steps import Steps

WORDS = 32  # of a passage, up to the end of the sentence that has the last of them
TRIED = 12  # articles tried until an edit finds something to do
EFFECTS: dict[LabelEffect, str] = {
    PRESERVED: "The reference stays right.",
    TRANSFORMED: "The reference is edited alike; where it does not follow, the item is not judged.",
    INVALIDATED: "The reference may no longer hold, so the summary is compared with that of the unedited article.",
}


@dataclass(frozen=True)
class EditStrip:
    """A passage, edited by one edit at each of its strengths."""

    edit: str
    meaning: str  # a sentence or two
    rows: tuple[tuple[str, tuple[Piece, ...]], ...]  # strength in words, and the passage from unedited to edited

    @property
    def is_idle(self) -> bool:
        """Whether the edit found nothing to do in any passage."""
        return not any(n_changes(pieces) for _, pieces in self.rows)


def edits_of(space: ConceptSpace) -> list[TextConcept]:
    """The edits of texts in a space or on a grid; none where it is of pictures."""
    return [edit for edit in space.edits if isinstance(edit, TextConcept)]


def edit_meaning(edit: TextConcept) -> str:
    """What an edit does, in a sentence."""
    made = edit.made if isinstance(edit, Steps) else edit
    return meaning(made).removesuffix(" 0 changes nothing.")


def edit_alterations(space: ConceptSpace) -> list[str]:
    """What was altered and how far, a line for each edit."""
    return [f"{edit.name}, {_strengths(edit)}: {edit_meaning(edit)}" for edit in edits_of(space)]


def _strengths(edit: TextConcept) -> str:
    ends = [edit.label(level).removeprefix(f"{edit.name} ") for level in (0, len(edit.levels) - 1)]
    return f"{len(edit.levels)} strengths from {ends[0]} to {ends[1]}"


def edit_strips(inputs: np.ndarray, seeds: np.ndarray, space: ConceptSpace) -> list[EditStrip]:
    """A strip for each edit of a space, on the first article in which it has something to do.

    Args:
        inputs: articles and references ``(N, 2)``.
        seeds: of the articles, ``(N,)``: their numbers in the data.
        space: a grid of edits, or a space of them.
    """
    passages = [np.array([[passage(article), reference]], object) for article, reference in inputs[:TRIED]]
    return [_strip(edit, passages, seeds) for edit in edits_of(space)] if passages else []


def passage(article: str, n_words: int = WORDS) -> str:
    """The first sentences of an article, until they have ``n_words`` or more."""
    kept = ""
    for sentence in re.findall(r".+?(?:[.!?]+(?=\s|$)\s*|$)", " ".join(article.split())):
        if len(kept.split()) >= n_words:
            break
        kept += sentence
    return " ".join(kept.split()[: 2 * n_words])


def _strip(edit: TextConcept, passages: Sequence[np.ndarray], seeds: np.ndarray) -> EditStrip:
    about = f"{edit_meaning(edit)} {EFFECTS[edit.label_effect]}"
    found = EditStrip(edit.name, about, ())
    for text, seed in zip(passages, seeds, strict=False):
        found = EditStrip(edit.name, about, _rows(edit, text, int(seed)))
        if not found.is_idle:
            break
    return found


def _rows(edit: TextConcept, text: np.ndarray, seed: int) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    levels = np.flatnonzero(edit.levels != edit.identity)
    seeds = np.full(1, seed)
    rows = []
    for level in levels.tolist():
        edited = edit.apply(text, edit.strengths(np.array([level]), seeds), seeds)[0, 0]
        rows.append((edit.level_name(level), tuple(uncrowded(word_diff(text[0, 0], edited)))))
    return tuple(rows)
