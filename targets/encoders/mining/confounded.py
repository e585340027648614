"""Confounded pairs: of two captioned pictures each is more similar to the other's caption than to its own.

That is how NaturalBench (Li et al. 2024) finds what a model confuses before people write questions about it.

Shapes: ``N`` captioned pictures, ``F`` features that pictures and captions share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from failscape.targets.encoders.mining.mining import STRIPE
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import Vectors, cosines


def confounded(
    pictures: Vectors, captions: Vectors, *, precision: str = "auto", device: str = "cpu", stripe: int = STRIPE
) -> pd.DataFrame:
    """All confounded pairs, sorted by their items.

    Args:
        pictures: ``(N, F)``.
        captions: ``(N, F)``, of the same rows.
        precision: as in ``Screen``.
        device: where products are computed.
        stripe: pictures of a block.

    Returns:
        ``first``, ``second``; ``first_gap`` and ``second_gap``: how much more similar each picture is to the other's
        caption than to its own, both above 0.
    """
    n, everyone = len(pictures), np.arange(len(pictures))
    own = cosines(pictures, everyone, everyone, captions)
    screens = Screen(pictures, precision, device), Screen(captions, precision, device)
    found = [
        _of_blocks(slice(start, min(start + stripe, n)), slice(column, min(column + stripe, n)), screens, own)
        for start in range(0, n, stripe)
        for column in range(start, n, stripe)
    ]
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
