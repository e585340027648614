"""Which failures are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from failscape.concepts import ConceptSpace

HOW_SPREAD = (
    "Examples are failures that the search saw under each rule: the one of the most typical severity first, then such "
    "as differ from it in edit and group, one per item"
)
N_SPREAD = 24  # that are spread over a rule before the others follow


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


def spread(failing: pd.DataFrame, items: pd.DataFrame, space: ConceptSpace) -> pd.DataFrame:
    """Failing probes of a rule in the order in which they are shown: over its whole extent, typical before extreme.

    One per item, or per cluster of such alike; items that the target gets right unedited come before the others. The
    first is the one whose severity is nearest to the median; each next lies farthest from those before, in levels as
    shares of what the rule spans, a different group counting as much as a whole axis; of such alike, the one of the
    most typical severity. After two dozen the others follow in the order of their severity's distance to the median.
    """
    known = ranked_failures(failing, items)
    typical = (known["severity"] - known["severity"].median()).abs()
    ranked = known.assign(typical=typical).sort_values(["was_right", "typical"], ascending=[False, True], kind="stable")
    ranked = ranked.drop_duplicates("alike")
    first: list[int] = []
    for _, rows in ranked.groupby(~ranked["was_right"], sort=True):
        places = ranked.index.get_indexer(rows.index)
        first += places[_farthest_first(_places(rows, space), N_SPREAD - len(first))].tolist()
    rest = np.setdiff1d(np.arange(len(ranked)), first)
    return ranked.iloc[[*first, *rest.tolist()]].drop(columns="typical")


def _places(rows: pd.DataFrame, space: ConceptSpace) -> np.ndarray:
    """Where probes lie, ``(B, D)``: levels as shares of what they span, and a column for each group."""
    levels = space.point(rows["point"].to_numpy(np.int64)).astype(float)
    span = np.maximum(levels.max(axis=0) - levels.min(axis=0), 1)
    groups = rows["group"].to_numpy()
    return np.hstack([(levels - levels.min(axis=0)) / span, (groups[:, None] == np.unique(groups)) / 2])


def _farthest_first(places: np.ndarray, n: int) -> list[int]:
    """``n`` of ``places (B, D)``: the first, then each the farthest from those chosen, the earlier of such alike."""
    chosen: list[int] = []
    distance = np.full(len(places), np.inf)
    for _ in range(min(n, len(places))):
        following = int(np.argmax(distance))
        chosen.append(following)
        distance = np.minimum(distance, np.abs(places - places[following]).sum(axis=1))
        distance[chosen] = -1.0
    return chosen
