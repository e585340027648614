"""Which failures are shown."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


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
