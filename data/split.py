"""Which items are held out: decided by a hash of the name, so it never changes with the rest of the collection."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from failscape.errors import UsageError


def name_hash(name: str) -> float:
    """A number in [0, 1), the same for the same name on every machine and in every version."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def held_out(names: Sequence[str], share: float = 0.2) -> np.ndarray:
    """``(N,) -> (N,)`` bool: True for about ``share`` of the names. Each name is decided by itself alone.

    A larger share holds out the same names and more.

    Raises:
        UsageError: the share is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise UsageError(f"the held-out share is {share}; it must be from 0 to 1")
    return _positions(names) < share


def held_out_both(names: Sequence[str], share: float = 0.2) -> np.ndarray:
    """``held_out``, but with at least one item on either side where there are two and the share is neither 0 nor 1.

    Where chance left one side empty (a handful of items), the name nearest to the threshold changes sides.
    """
    held = held_out(names, share)
    if 0 < share < 1 and len(names) >= 2:
        positions = _positions(names)
        if not held.any():
            held[positions.argmin()] = True
        elif held.all():
            held[positions.argmax()] = False
    return held


def held_out_together(names: Sequence[str], original: np.ndarray, share: float = 0.2) -> np.ndarray:
    """``held_out_both`` of the originals; copies are on the side of theirs, so that no side knows the other's items.

    Args:
        names: ``(N,)``.
        original: index of the first item of which each is a copy, ``(N,)``.
        share: about how many are held out, in [0, 1].
    """
    first, which = np.unique(original, return_inverse=True)
    return held_out_both([names[index] for index in first.tolist()], share)[which]


def _positions(names: Sequence[str]) -> np.ndarray:
    return np.array([name_hash(name) for name in names], dtype=np.float64)
