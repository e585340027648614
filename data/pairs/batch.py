"""Pictures that are compared with their own edited versions, or with others of the corpus.

Shapes: ``N`` items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from failscape.common import arrays
from failscape.data.batch import Columns
from failscape.data.copies import originals_of_pictures
from failscape.data.pairs.neighbors import Neighborhood
from failscape.data.street.traffic.factors import TrafficFactors
from failscape.data.street.traffic.render import render_traffic


@dataclass(frozen=True)
class Pictures(Columns):
    """Pictures; of scenes of the street world also their factors, by which they are drawn anew; and their neighbors."""

    pixels: torch.Tensor  # (N, 3, H, W) uint8
    scene: np.ndarray  # (N,) object of TrafficFactors, or of None
    near: np.ndarray  # (N,) object of Near, or of None where nobody asks for neighbors

    @classmethod
    def of(cls, pixels: torch.Tensor, scenes: Sequence[TrafficFactors] | None = None) -> Pictures:
        """Pictures (N, 3, H, W), or the scenes that they show, without neighbors."""
        scene, near = (np.full(len(pixels), None, object) for _ in range(2))
        if scenes is not None:
            scene[:] = scenes
        return cls(pixels, scene, near)

    def with_neighbors(self, order: np.ndarray) -> Pictures:
        """The same pictures, of which (N, K) rows are the nearest to each."""
        return replace(self, near=Neighborhood(self.pixels, self.scene, order).column())

    @property
    def inputs(self) -> torch.Tensor:
        """The pixels."""
        return self.pixels

    @property
    def editable(self) -> tuple[str, ...]:
        """Pixels, and scenes and neighbors where they are known."""
        known = [name for name in ("scene", "near") if len(self) and self.field(name)[0] is not None]
        return ("pixels", *known)

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
        """The same items with other pixels, with other scenes, drawn anew where they differ, or with neighbors."""
        if name == "pixels":
            return replace(self, pixels=values)
        before = self.field(name)
        changed = np.flatnonzero([one is not other for one, other in zip(before, values, strict=True)])
        if not len(changed):
            return self
        if name == "near":
            return self._replaced(changed, values)
        drawn = torch.from_numpy(render_traffic(values[changed].tolist(), self.pixels.shape[-1])).to(self.pixels.device)
        return replace(self, pixels=arrays.put(self.pixels, changed, drawn), scene=values)

    def _replaced(self, changed: np.ndarray, near: np.ndarray) -> Pictures:
        """Others in place of some rows."""
        among, shown = near[changed[0]].among, [one.shown for one in near[changed]]
        pixels = arrays.put(self.pixels, changed, among.pixels[shown].to(self.pixels.device))
        return Pictures(pixels, arrays.put(self.scene, changed, among.scene[shown]), near)

    def frame(self, row: int) -> np.ndarray | None:
        """A picture, ``(H, W, 3)`` uint8."""
        return np.ascontiguousarray(self.pixels[row].permute(1, 2, 0).cpu().numpy())
