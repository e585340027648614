"""Confounded pairs: of two captioned pictures each is more similar to the other's caption than to its own.

That is how NaturalBench (Li et al. 2024) finds what a model confuses before people write questions about it.

Shapes: ``N`` captioned pictures, ``F`` features that pictures and captions share.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from failscape.errors import UsageError
from failscape.targets.encoders.mining.mining import MOST, STRIPE, n_stripes
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import Vectors, cosines


def confounded(
    pictures: Vectors,
    captions: Vectors,
    *,
    precision: str = "auto",
    device: str = "cpu",
    stripe: int = STRIPE,
    most: int = MOST,
    progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """All confounded pairs, sorted by their items.

    Args:
        pictures: ``(N, F)``.
        captions: ``(N, F)``, of the same rows.
        precision: as in ``Screen``.
        device: where products are computed.
        stripe: pictures of a block.
        most: pairs that it may find.
        progress: told the stripes that are done, and how many there are.

    Returns:
        ``first``, ``second``; ``first_gap`` and ``second_gap``: how much more similar each picture is to the other's
        caption than to its own, both above 0.

    Raises:
        UsageError: there are more.
    """
    n, everyone = len(pictures), np.arange(len(pictures))
    own = cosines(pictures, everyone, everyone, captions)
    screens = Screen(pictures, precision, device), Screen(captions, precision, device)
    found: list[pd.DataFrame] = []
    for number in range(n_stripes(n, stripe)):
        one = slice(number * stripe, min((number + 1) * stripe, n))
        for start in range(one.start, n, stripe):
            found.append(_of_blocks(one, slice(start, min(start + stripe, n)), screens, own))
            if sum(map(len, found)) > most:
                raise UsageError(f"more than {most:,} pairs are confounded; give fewer pictures, or --max-items")
        if progress is not None:
            progress(number + 1, n_stripes(n, stripe))
    return pd.concat(found).sort_values(["first", "second"], ignore_index=True)


def _of_blocks(one: slice, other: slice, screens: tuple[Screen, Screen], own: np.ndarray) -> pd.DataFrame:
    """Pairs with the first item in one block and the second in another; ``own`` (N,) similarities."""
    of_pictures, of_captions = screens
    pictures, captions = of_pictures.vectors, of_captions.vectors
    here = of_pictures.block(one.start, one.stop) @ of_captions.block(other.start, other.stop).T
    there = of_captions.block(one.start, one.stop) @ of_pictures.block(other.start, other.stop).T
    first, second = of_pictures.both_above(here, there, own[one], own[other])
    first, second = first + one.start, second + other.start
    ordered = first < second
    first, second = first[ordered], second[ordered]
    gaps = (
        cosines(pictures, first, second, captions) - own[first],
        cosines(pictures, second, first, captions) - own[second],
    )
    kept = (gaps[0] > 0) & (gaps[1] > 0)
    columns = {"first": first, "second": second, "first_gap": gaps[0], "second_gap": gaps[1]}
    return pd.DataFrame({name: values[kept] for name, values in columns.items()})
