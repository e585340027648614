"""Which languages articles are in, and what knows English only: some edits, and some metrics.

Shapes: ``N`` articles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from failscape.common.format import a_few, percent
from failscape.common.languages import ENGLISH, caseless, language_name, language_of, spaceless
from failscape.concepts import ConceptSpace
from failscape.concepts.text import TextConcept
from failscape.errors import UsageError
from failscape.rewards.text_metrics.facts import facts
from failscape.rewards.text_metrics.metrics import ROUGES, meaning, unread
from failscape.rewards.text_metrics.per_pair import Metric

LOOKED_AT = 100  # articles, evenly drawn
MOST = 0.5  # share of letters that a metric may overlook, or of articles that edits may not know


def check_edits(space: ConceptSpace, articles: np.ndarray) -> list[str]:
    """What a reader should know of edits that know English only: for how many articles they are none, if for some.

    Args:
        space: the edits.
        articles: ``(N,)`` object of str.

    Raises:
        UsageError: most of the articles are in another language.
    """
    english = [edit.name for edit in space.edits if isinstance(edit, TextConcept) and edit.needs_english]
    others, n = foreign(articles) if english else (Counter[str](), 0)
    if not others:
        return []
    names = " and ".join(language_name(code) for code, _ in others.most_common(2))
    if others.total() > MOST * n:
        raise UsageError(
            f"{a_few(english, limit=4)} know English only, and the articles are {names}; take --concepts text-any, or "
            "some of its edits, such as delete-characters"
        )
    return [
        f"{others.total()} of {n} articles are not English but {names}; {a_few(english, limit=4)} know English only"
    ]


def check_metric(kind: str, metric: Metric, texts: np.ndarray) -> None:
    """Refuse a metric that cannot read most of what summaries are compared with, ``(N,)`` of str.

    Raises:
        UsageError: ROUGE and other letters than a to z, facts and scripts without capitals, the English encoder and
            other languages, FSRL's BLEU and scripts without blanks.
    """
    take = f"take --reward {'drop' if kind == 'fsrl' else kind}:chrf"
    if kind == "fsrl":
        if (share := spaceless(texts)) > MOST:
            raise UsageError(
                f"the reward fsrl parts words by blanks, and {percent(share)} of the letters have none; {take}"
            )
    elif metric in ROUGES and (share := unread(texts)) > MOST:
        raise UsageError(
            f"ROUGE reads the letters a to z, and {percent(share)} of those of the references are others; {take}, or "
            f"{kind}:similarity=ADDRESS of a multilingual encoder"
        )
    elif metric is facts and (share := caseless(texts)) > MOST:
        raise UsageError(f"facts knows names by their capitals, and {percent(share)} of the letters have none; {take}")
    elif metric is meaning:
        check_encoder(texts, f"{take}, or {kind}:similarity=ADDRESS")


def check_encoder(texts: np.ndarray, instead: str) -> None:
    """Refuse the English encoder for texts ``(N,)`` that are not English.

    Raises:
        UsageError: most are in another language.
    """
    others, n = foreign(texts)
    if others.total() > MOST * n:
        names = language_name(others.most_common(1)[0][0])
        raise UsageError(f"the default encoder knows English only, and the texts are {names}; {instead}")


def foreign(texts: Sequence[str] | np.ndarray) -> tuple[Counter[str], int]:
    """How many of some texts are surely in which languages other than English, and how many were looked at."""
    rows = np.unique(np.linspace(0, len(texts) - 1, min(LOOKED_AT, len(texts))).astype(np.int64))
    codes = [language_of(str(texts[row])) for row in rows.tolist()]
    return Counter(code for code in codes if code not in {"", ENGLISH}), len(rows)
