"""Helpers that every image edit shares: strengths as tensors, floats back to pixels.

Images are uint8 ``(B, 3, H, W)`` in 0..255, and an edit returns the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import torch

Edit = Callable[[Any, torch.Tensor, np.ndarray, np.ndarray], torch.Tensor]

CACHED = 600_000  # values whose float copies stay in a processor's cache from one pass to the next
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's convert("L")


def per_image(strengths: np.ndarray, images: torch.Tensor) -> torch.Tensor:
    """Strengths ``(B,)`` as a float32 tensor that broadcasts over images: ``(B, 1, 1, 1)``."""
    return torch.as_tensor(strengths, dtype=torch.float32).to(images.device).view(-1, 1, 1, 1)


def to_pixels(values: torch.Tensor) -> torch.Tensor:
    """Float values rounded and clipped to uint8; works in place on its argument."""
    return values.round_().clamp_(0, 255).to(torch.uint8)


def grey(images: torch.Tensor) -> torch.Tensor:
    """Luma of float images: ``(B, 3, H, W) -> (B, 1, H, W)`` in 0..255."""
    red, green, blue = LUMA
    return (images[:, 0:1] * red).add_(images[:, 1:2], alpha=green).add_(images[:, 2:3], alpha=blue)


def cache_sized(edit: Edit) -> Edit:
    """An edit that on a CPU works through the batch in parts that fit its cache, each image as before.

    Tone edits are a few passes over the pixels; over a whole batch each pass waits for memory.
    """

    @wraps(edit)
    def in_parts(concept: Any, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        n = max(1, CACHED // max(1, inputs[0].numel()))
        if inputs.device.type != "cpu" or len(inputs) <= n:
            return edit(concept, inputs, strengths, seeds)
        out = torch.empty_like(inputs)
        for start in range(0, len(inputs), n):
            part = slice(start, start + n)
            out[part] = edit(concept, inputs[part], strengths[part], seeds[part])
        return out

    return in_parts


def grouped(
    images: torch.Tensor, strengths: np.ndarray, edit: Callable[[torch.Tensor, float], torch.Tensor]
) -> torch.Tensor:
    """An edit of many images by one strength, done once for each strength there is: ``(B, ...), (B,) -> (B, ...)``."""
    out = torch.empty_like(images)
    for strength in np.unique(strengths):
        rows = torch.from_numpy(np.flatnonzero(strengths == strength)).to(images.device)
        out.index_copy_(0, rows, edit(images.index_select(0, rows), float(strength)))
    return out
