"""Which failures are shown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def choose(probes: pd.DataFrame, items: pd.DataFrame, points: Sequence[int], per_point: int = 6) -> pd.DataFrame:
    """Failing probes to show for each of ``points``, the most severe first, one per item, or per cluster of such alike.

    Items that the target gets right unedited come before the others: there the edit, not the item, is to blame.
    """
    failing = probes[probes["failed"] & probes["point"].isin(list(points))]
    ranked = ranked_failures(failing, items).drop_duplicates(["alike", "point"])
    chosen = ranked.groupby("point", sort=False).head(per_point)
    order = {point: i for i, point in enumerate(points)}
    return chosen.assign(rank=chosen["point"].map(order)).sort_values("rank", kind="stable")


def ranked_failures(failing: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Failing probes in the order in which they are shown, with a column ``alike``: what counts as the same item."""
    right = items["failed"] != 1  # where no item is unedited, none was wrong before
    clusters = items["cluster"].fillna(items.index.to_series()) if "cluster" in items else items.index.to_series()
    known = {
        "was_right": right.reindex(failing["item"]).to_numpy(),
        "alike": clusters.reindex(failing["item"]).to_numpy(),
    }
    return failing.assign(**known).sort_values(["was_right", "severity"], ascending=False, kind="stable")
