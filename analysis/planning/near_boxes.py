"""The boxes that a scan compares with a planted one: those that overlap most with it.

Shapes: ``K`` axes, ``B`` boxes, ``U`` points that any of them holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from failscape.analysis.planning.study import Axis, Sought

NEAR = 0.2  # overlap (Jaccard) with the planted box from which a box is compared
MAX_BOXES = 400
MAX_TRIED = 20_000

Span = tuple[int, int]  # first and last level


class Boxes(NamedTuple):
    """Boxes, and the points of their union."""

    holds: np.ndarray  # (B, U) bool
    log_share: np.ndarray  # (B,) of the test level
    inside: np.ndarray  # (B,) share of the points of each that are planted
    planted: np.ndarray  # (U,) bool


def near_boxes(axes: Sequence[Axis], sought: Sought) -> Boxes:
    """The planted box and those near to it, the nearest first."""
    own = tuple(zip(sought.low, sought.high, strict=True))
    rated = []
    for box in product(*_spans(axes, own)):
        both, size = _volume(map(_overlap, box, own)), _volume(map(_length, box))
        rated.append((both / (size + sought.size - both), both / size, box))
    rated.sort(key=lambda found: -found[0])
    kept = [found for found in rated if found[0] >= NEAR][:MAX_BOXES]
    first = [min(box[k][0] for _, _, box in kept) for k in range(len(axes))]
    last = [max(box[k][1] for _, _, box in kept) for k in range(len(axes))]
    shape = [b - a + 1 for a, b in zip(first, last, strict=True)]
    holds = np.zeros((len(kept), *shape), bool)
    for row, (_, _, box) in zip(holds, kept, strict=True):
        row[_within(box, first)] = True
    planted = np.zeros(shape, bool)
    planted[_within(own, first)] = True
    union = holds.any(axis=0)
    shares = [sum(axis.log_share(*span) for axis, span in zip(axes, box, strict=True)) for _, _, box in kept]
    return Boxes(holds[:, union], np.array(shares), np.array([inside for _, inside, _ in kept]), planted[union])


def _spans(axes: Sequence[Axis], own: Sequence[Span]) -> list[list[Span]]:
    """Sides to combine along each axis, the nearest first, so few that all combinations can be tried."""
    spans = []
    for axis, side in zip(axes, own, strict=True):
        near = [(-_jaccard(span, side), span) for span in axis.spans() if _overlap(span, side)]
        spans.append([span for _, span in sorted(near)])
    while math.prod(map(len, spans)) > MAX_TRIED:
        max(spans, key=len).pop()
    return spans


def _within(box: Sequence[Span], first: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(a - start, b - start + 1) for (a, b), start in zip(box, first, strict=True))


def _volume(sides: map[int]) -> int:
    return math.prod(sides)


def _length(span: Span) -> int:
    return span[1] - span[0] + 1


def _overlap(a: Span, b: Span) -> int:
    return max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1)


def _jaccard(a: Span, b: Span) -> float:
    both = _overlap(a, b)
    return both / (_length(a) + _length(b) - both)
