"""What an edit does to the right answer of an item: to its label, or to the reference of a text."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

LabelEffect = Literal["preserved", "transformed", "invalidated"]

PRESERVED: Final = "preserved"  # the right answer stays right
TRANSFORMED: Final = "transformed"  # the edit makes the same change in the right answer
INVALIDATED: Final = "invalidated"  # the right answer may no longer hold; the unedited item says what was expected
LABEL_EFFECTS: Final[tuple[LabelEffect, ...]] = (PRESERVED, TRANSFORMED, INVALIDATED)  # the mildest first


def preserved(points: np.ndarray) -> np.ndarray:
    """The right answer stays right at all points: ``(B, K) -> (B,)`` str."""
    return np.full(len(points), PRESERVED, object)
