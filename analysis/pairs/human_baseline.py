"""How often people answer questions about pairs of pictures correctly, and how often about both of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.statistics.rates import cluster_interval


class Share(NamedTuple):
    """A share of several, with its 95 % interval."""

    n: int
    share: float  # NaN where there is none
    low: float
    high: float


class Baseline(NamedTuple):
    """What one person's answers amount to, or those of all together."""

    answerer: str  # empty of all together
    answers: Share  # of single answers, those that are correct
    pairs: Share  # of pairs of which both pictures were answered, those with both correct


def baselines(answers: pd.DataFrame) -> list[Baseline]:
    """One of each person by name; where there are several, that of all together comes last.

    The pictures of a pair, and the answers of several people to it, are alike: intervals take pairs for clusters.

    Args:
        answers: columns ``answerer``, ``question``, ``picture`` and ``correct``; one row of each of the first three.
    """
    found = [_baseline(str(name), rows) for name, rows in answers.groupby("answerer", sort=True)]
    return [*found, _baseline("", answers)] if len(found) > 1 else found


def _baseline(name: str, rows: pd.DataFrame) -> Baseline:
    both = rows.groupby(["answerer", "question"])["correct"].agg(["size", "all"]).reset_index()
    both = both[both["size"] == 2]
    return Baseline(
        name,
        _share(rows["question"].tolist(), rows["correct"].to_numpy(float)),
        _share(both["question"].tolist(), both["all"].to_numpy(float)),
    )


def _share(clusters: Sequence[int], correct: np.ndarray) -> Share:
    if not len(correct):
        return Share(0, float("nan"), 0.0, 1.0)
    low, high = cluster_interval(np.asarray(clusters), correct, np.ones(len(correct)))
    return Share(len(correct), float(correct.mean()), low, high)
