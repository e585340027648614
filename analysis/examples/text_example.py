"""An article and its summaries, before and after an edit, as a person compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from failscape.analysis.examples.base import Example
from failscape.analysis.examples.text_diff import (
    ADDED,
    MISSING,
    SAME,
    Piece,
    marked,
    plain_marks,
    shortened,
    uncrowded,
    word_diff,
)
from failscape.common.format import percent
from failscape.common.references import references_of
from failscape.concepts.label_effect import INVALIDATED, PRESERVED, LabelEffect
from failscape.rewards.text_metrics.facts import missing_and_wrong
from failscape.rewards.text_metrics.metrics import closest

MAX_FACTS = 8  # named of each sort


@dataclass(frozen=True)
class Line:
    """One text, and what it is."""

    what: str  # ``summary, edited``
    pieces: tuple[Piece, ...]
    score: float | None = None  # of a summary, in [0, 1]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not any(piece.text.strip() for piece in self.pieces)


@dataclass(frozen=True)
class TextComparison:
    """What there is to read of one probe of a text."""

    article: tuple[Piece, ...]  # the whole article, from unedited to edited
    lines: tuple[Line, ...]  # summaries and the reference
    missing: tuple[str, ...]  # facts that the summary of the edited article leaves out
    invented: tuple[str, ...]  # facts that it has of its own
    compared_with: str  # what it was compared with

    @property
    def excerpt(self) -> tuple[Piece, ...]:
        """The article around its changes."""
        return tuple(shortened(uncrowded(self.article)))

    @property
    def facts(self) -> str:
        """``leaves out Park Road, 4; makes up Church Road``; empty where no fact is amiss."""
        parts = [("leaves out", self.missing), ("makes up", self.invented)]
        return "; ".join(f"{verb} {_listed(facts)}" for verb, facts in parts if facts)


@dataclass(frozen=True)
class TextExample(Example):
    """An article, and what became of it and of its summary; the score is the summary's."""

    kind: str  # what is wrong with the summary
    comparison: TextComparison
    input_truncated: bool = False  # the edited article was too long, and its end was not read


def compare_summaries(
    before: Sequence[str],
    after: Sequence[str],
    output_text: tuple[str, str],
    scores: tuple[float, float],
    effect: LabelEffect = PRESERVED,
) -> TextComparison:
    """What there is to read of a probe.

    The summary of the edited article stands beside what it was judged by: the reference as the edit left it, or, where
    there is none or the edit may have taken away what it tells, the summary of the unedited article.

    Args:
        before: article and reference.
        after: both as the edit left them.
        output_text: the summary of the unedited article, and of the edited one.
        scores: of either, in [0, 1].
        effect: of the edit on the reference.
    """
    before, after = _beside_one(before, after, output_text[1])
    reference = after[1]
    loose = effect == INVALIDATED or not reference
    wanted = output_text[0] if loose else reference
    expected = tuple(marked(wanted, output_text[1], MISSING))
    lines = [
        Line("summary, unedited", expected if loose else _plain(output_text[0]), None if loose else scores[0]),
        Line("summary, edited", tuple(marked(output_text[1], wanted, ADDED)), scores[1]),
    ]
    if reference:
        edited_too = "reference, edited alike" if reference != before[1] else "reference"
        lines.append(Line("reference, unedited", _plain(before[1])) if loose else Line(edited_too, expected))
    return _comparison(before, after, lines, output_text[1], wanted, loose)


def compare_versions(
    before: Sequence[str],
    after: Sequence[str],
    output_text: tuple[str, str],
    scores: tuple[float, float],
    effect: LabelEffect = PRESERVED,
    unedited: str = "",
) -> TextComparison:
    """What there is to read where two versions of a target summarize one edited article.

    Args:
        before: article and reference.
        after: both as the edit left them.
        output_text: the summaries of the edited article, by the version before and the one after.
        scores: of either, in [0, 1].
        effect: as in :func:`tell`.
        unedited: summary of the unedited article by the version before.
    """
    before, after = _beside_one(before, after, output_text[1])
    loose = effect == INVALIDATED or not after[1]
    wanted = unedited if loose else after[1]
    versions = [
        Line(when, tuple(marked(text, wanted, ADDED)), score)
        for when, text, score in zip(("version before", "version after"), output_text, scores, strict=True)
    ]
    wanted_line = Line("of the unedited" if loose else "reference", tuple(marked(wanted, output_text[1], MISSING)))
    return _comparison(before, after, [*versions, wanted_line], output_text[1], wanted, loose)


def _beside_one(before: Sequence[str], after: Sequence[str], summary: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Article and reference before and after, with the closest to a summary where there are several references."""
    k = closest(summary, after[1])
    return (before[0], references_of(before[1])[k]), (after[0], references_of(after[1])[k])


def _comparison(
    before: Sequence[str], after: Sequence[str], lines: Sequence[Line], output_text: str, wanted: str, loose: bool
) -> TextComparison:
    missing, invented = missing_and_wrong(output_text, wanted)
    return TextComparison(
        article=tuple(word_diff(before[0], after[0])),
        lines=tuple(lines),
        missing=tuple(missing),
        invented=tuple(invented),
        compared_with="summary of the unedited article" if loose else "reference",
    )


def comparison_text(comparison: TextComparison, *, whole: bool = False) -> list[str]:
    """Lines of plain text: ``[-removed-] {+added+}``; the article shortened around its changes unless ``whole``."""
    rows = [("article", plain_marks(comparison.article if whole else comparison.excerpt))]
    for line in comparison.lines:
        score = "" if line.score is None else f" ({percent(line.score)})"
        rows.append((f"{line.what}{score}", plain_marks(line.pieces) or "(nothing)"))
    return [f"{what}: {text}" for what, text in rows]


def _plain(text: str) -> tuple[Piece, ...]:
    return (Piece(SAME, text),)


def _listed(facts: Sequence[str]) -> str:
    more = f" and {len(facts) - MAX_FACTS} more" if len(facts) > MAX_FACTS else ""
    return ", ".join(facts[:MAX_FACTS]) + more
