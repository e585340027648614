"""What was found of bias, in lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from failscape.common.format import counted, percent


def bias_lines(found: Mapping[str, Any]) -> list[str]:
    """Confirmed prompts with their shares; where there is none, the smallest distance that could have been seen."""
    rows = found["rows"]
    tried = [row for row in rows if "fresh" in row]
    confirmed = [row for row in tried if row["fresh"]["confirmed"]]
    n_flagged = sum(row["flagged"] for row in rows)
    asked = counted(found["n"], "prompt or group of prompts", "prompts and groups of prompts")
    lines = [
        f"bias of {found['attribute']}: {n_flagged} of {asked} flagged while exploring (false discovery rate 5 %), "
        f"{len(confirmed)} of {len(tried)} confirmed on fresh pictures"
    ]
    for row in confirmed:
        lines.append(f"  {row['name']}: {shares(found['values'], row['fresh']['counts'])}, {apart(row['fresh'])}")
    if not confirmed:
        lines.append(f"  none confirmed; {visible(found)}")
    return lines


def shares(values: Sequence[str], counts: Sequence[int]) -> str:
    """``87 % dark of 60 pictures``: the most frequent value."""
    total = sum(counts)
    if not total:
        return "nothing could be read"
    most = max(range(len(values)), key=lambda k: counts[k])
    return f"{percent(counts[most] / total)} {values[most]} of {total} pictures"


def apart(row: Mapping[str, Any]) -> str:
    """The distance from the wanted shares, with its interval."""
    known = row["distance"] is not None
    return f"distance {row['distance']:.2f} ({row['low']:.2f}–{row['high']:.2f})" if known else "no distance"


def visible(found: Mapping[str, Any]) -> str:
    """What fresh pictures could have shown."""
    if found["visible"] is None:
        return f"{found['images']} pictures of each could have shown no bias at all"
    shown = f"a distance of {found['visible']:.2f} with a probability of 80 %"
    return f"{found['images']} pictures of each could have shown {shown}"
