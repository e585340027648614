"""How an edit that moves things reads pixels between pixels, and what it puts where the image has none."""

from __future__ import annotations

from collections.abc import Mapping

import torch

INTERPOLATION: Mapping[str, tuple[str, ...]] = {"interpolation": ("bilinear", "nearest")}
FILL: Mapping[str, tuple[str, ...]] = {"fill": ("black", "edge", "mirror")}
RESAMPLED: Mapping[str, tuple[str, ...]] = {**INTERPOLATION, **FILL}
PADDING = {"black": "zeros", "edge": "border", "mirror": "reflection"}  # as grid_sample calls them


def placed(images: torch.Tensor, top: int, left: int, size: tuple[int, int], fill: str) -> torch.Tensor:
    """Images ``(B, C, h, w)`` whose corner lies at ``(top, left)`` of a canvas of ``size``: ``(B, C, H, W)``.

    What sticks out is cut off, what opens is filled: black, with the nearest pixel of the edge, or mirrored at it.
    """
    offsets = (top, left)
    indices = [torch.arange(n, device=images.device) - by for n, by in zip(size, offsets, strict=True)]
    inside = [(index >= 0) & (index < n) for index, n in zip(indices, images.shape[-2:], strict=True)]
    read = [_read(index, n, fill) for index, n in zip(indices, images.shape[-2:], strict=True)]
    out = images.index_select(2, read[0]).index_select(3, read[1])
    return out.mul_(inside[0][:, None] & inside[1]) if fill == "black" else out


def _read(index: torch.Tensor, n: int, fill: str) -> torch.Tensor:
    """Which of ``n`` pixels is read at each index, inside or beyond."""
    if fill != "mirror":
        return index.clamp(0, n - 1)
    around = index % (2 * n)
    return torch.minimum(around, 2 * n - 1 - around)
