"""What edits of a picture do to what its sign says: facts of how signs are drawn and where they stand.

An arrow that is turned far enough is another arrow. Between two of them it is neither: there no answer is right.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.data.street.factors import RANGES
from failscape.data.street.gaps import TRAINED_TILT
from failscape.data.street.signs import DIRECTIONS, SIGNS, faces

LEAN = max(abs(end) for end in TRAINED_TILT)  # [deg] that signs lean by themselves
SAME = 2.0  # root mean square of the difference [levels] of two paintings of one face
OPEN = 1e-6  # what an end of a range lies beyond


@functools.cache
def street_labels() -> tuple[LabelRule, ...]:
    """What is known of signs: of turning, mirroring, moving, enlarging, and that no two differ in colour alone."""
    return (LabelRule("hue", -0.5, 0.5, EVERY, KEPT), *_turned(), *_mirrored(), *_out_of_sight())


def _turned() -> Iterator[LabelRule]:
    """An arrow keeps its meaning while its own direction is the nearest, and has another's where it points like it.

    Signs lean by themselves, so the ends are nearer by as much as they may lean.
    """
    yield LabelRule("rotation", -180, 180, EVERY, KEPT)
    between = np.diff(sorted(DIRECTIONS.values())) / 2
    near = float(between.min()) - LEAN
    for sign, direction in DIRECTIONS.items():
        label = SIGNS.index(sign)
        yield LabelRule("rotation", -180, 180, label, INVALID)
        # A picture that turns counter-clockwise takes from the angle at which an arrow points to the right of up.
        turns = {name: (direction - other + 180) % 360 - 180 for name, other in DIRECTIONS.items() if name != sign}
        low, high = (min([end * t % 360 for t in turns.values()]) / 2 - LEAN for end in (-1, 1))
        yield LabelRule("rotation", OPEN - low, high - OPEN, label, KEPT)
        for name, turn in turns.items():
            for lap in (-360, 0, 360):  # a turn by 180° is one by -180°
                about = (turn + lap - near + OPEN, turn + lap + near - OPEN)
                if about[0] <= 180 and about[1] >= -180:
                    yield LabelRule("rotation", *about, label, SIGNS.index(name))


def _mirrored() -> Iterator[LabelRule]:
    """A mirrored face is its own, another's, or that of no sign: letters, digits and the walker."""
    painted = np.stack([faces(sign)[1].astype(float) for sign in SIGNS])
    yield LabelRule("flip", 0.5, 1, EVERY, INVALID)
    for label, face in enumerate(painted):
        apart = np.sqrt(((painted - face[:, ::-1]) ** 2).mean(axis=(1, 2, 3)))
        if apart.min() <= SAME:
            yield LabelRule("flip", 0.5, 1, label, int(apart.argmin()))


def _out_of_sight() -> Iterator[LabelRule]:
    """Beyond these strengths the middle of a sign can lie outside the picture."""
    far = max(abs(end - 0.5) for axis in ("x", "y") for end in RANGES[axis])
    yield LabelRule("zoom", 0, 0.5 / far, EVERY, KEPT)
    yield LabelRule("zoom", 0.5 / far + OPEN, np.inf, EVERY, INVALID)
    for concept, axis in (("shift_x", "x"), ("shift_y", "y")):
        low, high = RANGES[axis]
        yield LabelRule(concept, -1, 1, EVERY, INVALID)
        yield LabelRule(concept, -low, 1 - high, EVERY, KEPT)
