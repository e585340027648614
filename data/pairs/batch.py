"""Pictures that are compared with their own edited versions.

Shapes: ``N`` items.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from failscape.common import arrays
from failscape.data.batch import Columns
from failscape.data.copies import originals_of_pictures
from failscape.data.street.traffic.render import render_traffic


@dataclass(frozen=True)
class Pictures(Columns):
    """Pictures, and for scenes of the street world also their factors, by which they can be drawn anew."""

    pixels: torch.Tensor  # (N, 3, H, W) uint8
    scene: np.ndarray  # (N,) object of TrafficFactors, or of None

    @property
    def inputs(self) -> torch.Tensor:
        """The pixels."""
        return self.pixels

    @property
    def editable(self) -> tuple[str, ...]:
        """Pixels, and scenes where they are known."""
        return ("pixels", "scene") if len(self.scene) and self.scene[0] is not None else ("pixels",)

    @property
    def right_answer(self) -> np.ndarray:
        """0: nothing is named."""
        return np.zeros(len(self), np.int64)

    @property
    def digests(self) -> list[bytes]:
        """By their pixels, of which a scene has nothing beside."""
        return arrays.digests(self.pixels)

    def originals(self) -> np.ndarray:
        """By what they show; see :func:`failscape.data.copies.originals_of_pictures`."""
        return originals_of_pictures(self.pixels, arrays.digests(self.pixels))

    def with_field(self, name: str, values: Any) -> Pictures:
        """The same items with other pixels, or with other scenes, drawn anew where they differ."""
        if name == "pixels":
            return replace(self, pixels=values)
        changed = np.flatnonzero([one is not other for one, other in zip(self.scene, values, strict=True)])
        if not len(changed):
            return self
        drawn = torch.from_numpy(render_traffic(values[changed].tolist(), self.pixels.shape[-1])).to(self.pixels.device)
        return Pictures(arrays.put(self.pixels, changed, drawn), values)

    def frame(self, row: int) -> np.ndarray | None:
        """A picture, ``(H, W, 3)`` uint8."""
        return np.ascontiguousarray(self.pixels[row].permute(1, 2, 0).cpu().numpy())
