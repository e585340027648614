"""Pictures that are compared with their own edited versions, or with others of the corpus.

Shapes: ``N`` items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
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

    drawn: torch.Tensor  # (N, 3, H, W) uint8
    stale: np.ndarray  # (N,) bool: the scene is another one since; it is drawn once, however often it has changed
    scene: np.ndarray  # (N,) object of TrafficFactors, or of None
    near: np.ndarray  # (N,) object of Near, or of None where nobody asks for neighbors

    @classmethod
    def of(cls, pixels: torch.Tensor, scenes: Sequence[TrafficFactors] | None = None) -> Pictures:
        """Pictures (N, 3, H, W), or the scenes that they show, without neighbors."""
        scene, near = (np.full(len(pixels), None, object) for _ in range(2))
        if scenes is not None:
            scene[:] = scenes
        return cls(pixels, np.zeros(len(pixels), bool), scene, near)

    @cached_property
    def pixels(self) -> torch.Tensor:
        """What is seen, ``(N, 3, H, W)`` uint8."""
        if not self.stale.any():
            return self.drawn
        rows = np.flatnonzero(self.stale)
        anew = torch.from_numpy(render_traffic(self.scene[rows].tolist(), self.drawn.shape[-1]))
        return arrays.put(self.drawn, rows, anew.to(self.drawn.device))

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
            return replace(self, drawn=values, stale=np.zeros(len(self), bool))
        changed = np.array([one is not other for one, other in zip(self.field(name), values, strict=True)], bool)
        if name == "scene":
            return replace(self, scene=values, stale=self.stale | changed)
        return self._replaced(np.flatnonzero(changed), values) if changed.any() else self

    def _replaced(self, rows: np.ndarray, near: np.ndarray) -> Pictures:
        """Others in place of some rows."""
        among, shown = near[rows[0]].among, [one.shown for one in near[rows]]
        drawn = arrays.put(self.drawn, rows, among.pixels[shown].to(self.drawn.device))
        stale = arrays.put(self.stale, rows, np.zeros(len(rows), bool))
        return Pictures(drawn, stale, arrays.put(self.scene, rows, among.scene[shown]), near)

    def frame(self, row: int) -> np.ndarray | None:
        """A picture, ``(H, W, 3)`` uint8."""
        return np.ascontiguousarray(self.pixels[row].permute(1, 2, 0).cpu().numpy())
