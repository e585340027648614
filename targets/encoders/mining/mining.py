"""All pairs that the target takes for alike and the reference does not, stripe by stripe.

A pair is **blind** where the target's similarity is above one threshold and the reference's below another (Tong et al.
2024, "Eyes Wide Shut?", section 2.1: CLIP above .95 and DINOv2 below .6). It is a **near-duplicate** where both are
above a third one. The reference is asked only where the target's similarity is high enough. A stripe is a range of
items, each as the first of a pair; stripes need not know of each other.

Shapes: ``N`` items, ``M`` pairs, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.errors import UsageError
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import Vectors, cosines

STRIPE = 4096  # items; a product has a stripe's rows and as many columns
COLUMNS = ("first", "second", "target", "reference")
MOST = 10_000_000  # pairs: 320 MB


class Thresholds(NamedTuple):
    """Bounds of cosine similarity; all are strict."""

    target: float  # blind pairs are more similar than this to the target
    reference: float  # and less than this to the reference
    same: float  # near-duplicates are more similar than this to both

    def check(self) -> None:
        """Refuses bounds that no pair can meet, or that every pair meets twice.

        Raises:
            UsageError: they are no cosines, or near-duplicates would be blind pairs.
        """
        for name, value in self._asdict().items():
            if not -1 <= value <= 1:
                raise UsageError(f"the {name} threshold is a cosine from -1 to 1, not {value:g}")
        if self.same < self.reference:
            raise UsageError(f"near-duplicates need a threshold of at least {self.reference:g}, the reference's")


class Stripe(NamedTuple):
    """What a range of first items has; columns ``COLUMNS``, sorted by first and second."""

    blind: pd.DataFrame
    same: pd.DataFrame


def n_stripes(n: int, stripe: int = STRIPE) -> int:
    """Stripes of ``n`` items."""
    return -(-n // stripe)


def mine_stripe(
    number: int,
    target: Vectors,
    reference: Vectors,
    thresholds: Thresholds,
    screen: Screen,
    *,
    stripe: int = STRIPE,
    most: int = MOST,
) -> Stripe:
    """The pairs whose first item lies in stripe ``number``, from 0.

    Args:
        number: of the stripe.
        target: ``(N, F)``.
        reference: ``(N, G)`` of the same items.
        thresholds: of both.
        screen: of the target's vectors.
        stripe: items of each.
        most: pairs that it may find.

    Raises:
        UsageError: there are more.
    """
    least = min(thresholds.target, thresholds.same)
    found: list[pd.DataFrame] = []
    for first, second in _screened(number, screen, least, stripe):
        found.append(decided(first, second, target, reference, thresholds))
        check_number(sum(map(len, found)), least, most)
    return stripe_of(found, thresholds)


def alike(target: Vectors, above: float, screen: Screen, *, stripe: int = STRIPE, most: int = MOST) -> pd.DataFrame:
    """All pairs that are more similar than ``above`` to the target, whatever a reference says of them.

    Args:
        target: ``(N, F)``.
        above: a cosine.
        screen: of the same vectors.
        stripe: items of each.
        most: pairs that it may find.

    Returns:
        ``first``, ``second`` and ``target``, the most similar pair first; of equals that of the first items.

    Raises:
        UsageError: there are more.
    """
    found: list[pd.DataFrame] = []
    for number in range(n_stripes(len(target), stripe)):
        for first, second in _screened(number, screen, above, stripe):
            pairs = pd.DataFrame({"first": first, "second": second, "target": cosines(target, first, second)})
            found.append(pairs[pairs["target"] > above])
            check_number(sum(map(len, found)), above, most)
    ordered = pd.concat(found).sort_values(["first", "second"])
    return ordered.sort_values("target", ascending=False, kind="stable", ignore_index=True)


def mine(
    target: Vectors,
    reference: Vectors,
    thresholds: Thresholds,
    *,
    precision: str = "auto",
    device: str = "cpu",
    stripe: int = STRIPE,
    progress: Callable[[int], object] | None = None,
) -> Stripe:
    """All pairs of items that fit in memory as a result; ``progress`` is told the stripes that are done."""
    screen = Screen(target, precision, device)
    parts: list[Stripe] = []
    for number in range(n_stripes(len(target), stripe)):
        left = MOST - sum(len(part.blind) + len(part.same) for part in parts)
        parts.append(mine_stripe(number, target, reference, thresholds, screen, stripe=stripe, most=left))
        if progress is not None:
            progress(number + 1)
    return Stripe(*(pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True)))


def _screened(number: int, screen: Screen, least: float, stripe: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs ``(M,)`` of a stripe that may be more similar than ``least``, block by block."""
    n, start = len(screen.vectors), number * stripe
    rows = screen.block(start, min(start + stripe, n))
    for column in range(start, n, stripe):
        similarities = rows @ screen.block(column, min(column + stripe, n)).T
        first, second = screen.above(similarities, least)
        first, second = first + start, second + column
        ordered = first < second
        first, second = first[ordered], second[ordered]
        kept = screen.still_above(first, second, least)
        yield first[kept].astype(np.int64), second[kept].astype(np.int64)


def check_number(n: int, least: float, most: int) -> None:
    """Refuses more pairs above a threshold than a table holds.

    Raises:
        UsageError: ``n`` is more than ``most``.
    """
    if n > most:
        raise UsageError(
            f"more than {most:,} pairs are above {least:g} for the target; "
            "give a higher threshold, or a quantile of the similarities such as q0.9999"
        )


def decided(
    first: np.ndarray, second: np.ndarray, target: Vectors, reference: Vectors, thresholds: Thresholds
) -> pd.DataFrame:
    """Candidates ``(M,)`` that are blind pairs or near-duplicates, with both similarities: columns ``COLUMNS``."""
    of_target = cosines(target, first, second)
    high = of_target > min(thresholds.target, thresholds.same)
    first, second, of_target = first[high], second[high], of_target[high]
    of_reference = cosines(reference, first, second)
    blind = (of_target > thresholds.target) & (of_reference < thresholds.reference)
    same = (of_target > thresholds.same) & (of_reference > thresholds.same)
    kept = blind | same
    columns = (first, second, of_target, of_reference)
    return pd.DataFrame({name: values[kept] for name, values in zip(COLUMNS, columns, strict=True)})


def stripe_of(found: list[pd.DataFrame], thresholds: Thresholds) -> Stripe:
    """Pairs that ``decided`` found, apart and sorted."""
    pairs = pd.concat(found, ignore_index=True).sort_values(["first", "second"], ignore_index=True)
    blind = (pairs["target"] > thresholds.target) & (pairs["reference"] < thresholds.reference)
    return Stripe(pairs[blind].reset_index(drop=True), pairs[~blind].reset_index(drop=True))
