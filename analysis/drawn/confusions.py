"""What is drawn instead of what was asked for: the factors that a judge read as another value, by what prompts asked.

Shapes: ``B`` probes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.examples.remake import edit_again
from failscape.analysis.statistics.rates import wilson
from failscape.analysis.statistics.units import with_verdict
from failscape.envs.picture_mdp import PictureMDP
from failscape.records.probe_arrays import points_of
from failscape.rewards.pictures.base import Scorer
from failscape.rewards.pictures.factors import FactorScorer

LEAST = 5  # pictures of a confusion that is told
SHOWN = 8  # of the most frequent ones


def confusions(mdp: PictureMDP, scorer: Scorer, probes: pd.DataFrame) -> list[dict[str, Any]]:
    """The most frequent confusions of explored pictures, by the scorer; none where it reads no factors.

    Of each, plain values: ``factor``, ``asked``, ``read`` (None where it could not be told), ``group`` (the prompt
    without its slots in which it happened most), ``n`` (pictures), ``of`` (pictures of prompts that asked for it),
    ``low`` and ``high`` (the 95 % interval of the share). A picture counts for the first factor in which it is wrong.
    """
    if not isinstance(scorer, FactorScorer):
        return []
    rows = with_verdict(probes[(probes["point"] >= 0) & ~probes["cached"]])
    if not len(rows):
        return []
    inputs = mdp.items.batch.take(rows["item"].to_numpy(np.int64, copy=True))
    asked = scorer.asks.of(edit_again(mdp.space, inputs, points_of(rows), rows))
    read = {code: (factor, value) for (factor, value), code in scorer.codes.items()}
    table = pd.DataFrame(
        [
            {"group": mdp.group_names[group], "factor": factor, "asked": wanted[factor], "read": value}
            for wanted, code, group in zip(asked, rows["predicted"], rows["group"], strict=True)
            if int(code) in read
            for factor, value in [read[int(code)]]
        ]
    )
    if not len(table):
        return []
    wanted_by = pd.Series([(factor, value) for wanted in asked for factor, value in wanted.items()]).value_counts()
    counts = table.groupby(["factor", "asked", "read"], dropna=False)["group"].agg(["size", lambda g: g.mode().iloc[0]])
    counts.columns = ["n", "group"]
    counts = counts[counts["n"] >= LEAST].sort_values("n", ascending=False, kind="stable").head(SHOWN).reset_index()
    return [_told(row, int(wanted_by[row["factor"], row["asked"]])) for row in counts.to_dict("records")]


def _told(row: dict[str, Any], of: int) -> dict[str, Any]:
    low, high = (float(bound[0]) for bound in wilson(np.array([row["n"]]), np.array([of])))
    read = None if pd.isna(row["read"]) else str(row["read"])
    known = {name: str(row[name]) for name in ("factor", "asked", "group")}
    return {**known, "read": read, "n": int(row["n"]), "of": of, "low": low, "high": high}
