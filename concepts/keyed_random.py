"""Chance that is a function: the same whole numbers in, the same draw out, on every machine and in every batch.

Shapes: ``B`` batch.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import torch

_STEP = 0x9E3779B97F4A7C15


def scramble(*parts: np.ndarray | int | str) -> np.ndarray:
    """Whole numbers and words hashed into 64 bits: ``(B,), ... -> (B,)`` uint64.

    SplitMix64's finaliser (Steele, Lea and Flood 2014) over each part in turn; words count as their CRC-32.
    """
    state = np.zeros(1, np.uint64)
    for part in parts:
        number = zlib.crc32(part.encode()) if isinstance(part, str) else part
        state = _mix(state ^ _mix(np.atleast_1d(np.asarray(number)).astype(np.uint64)))
    return state


def uniform(*parts: np.ndarray | int | str) -> np.ndarray:
    """A draw from [0, 1) per row, a function of ``parts``: ``(B,)`` float64."""
    return (scramble(*parts) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def uniforms(name: str, seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Draws from [0, 1) by name and seed, one per value: float64 of ``shape``."""
    return uniform(name, seed, np.arange(math.prod(shape))).reshape(shape)


def normals(name: str, seeds: np.ndarray, shape: tuple[int, ...]) -> torch.Tensor:
    """A standard normal draw per row and value, by name and seed: ``(B,) -> (B, *shape)`` float32, on the CPU."""
    generator = torch.Generator()
    keys = (scramble(name, seeds) >> np.uint64(1)).tolist()  # torch takes signed seeds
    drawn = [torch.randn(shape, generator=generator.manual_seed(key)) for key in keys]
    return torch.stack(drawn) if drawn else torch.zeros(0, *shape)


def _mix(state: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        state = state + np.uint64(_STEP)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
