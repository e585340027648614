"""The street world as a collection of labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from failscape.common.label_rules import LabelRule
from failscape.data.base import Skipped
from failscape.data.street.factors import SceneFactors, sample_factors
from failscape.data.street.gaps import sample_trained
from failscape.data.street.labels import street_labels
from failscape.data.street.render import SIZE, render
from failscape.data.street.signs import SIGNS


class StreetSource:
    """Street scenes labelled by their sign, rendered as they are asked for.

    By default scenes are drawn as the checkpoint's training scenes were, so that edits show its weaknesses; with
    ``gaps`` they are drawn from the whole world, tilted signs and nights among them. Item ``i`` of a seed is the same
    scene whatever ``n`` and ``size`` [px] are. Labels index ``SIGNS``.
    """

    group_names: Sequence[str] = SIGNS
    notes: tuple[str, ...] = ()

    @property
    def label_rules(self) -> tuple[LabelRule, ...]:
        """What edits do to what a sign says; labels index ``SIGNS``."""
        return street_labels()

    def __init__(self, n: int = 4000, seed: int = 0, size: int = SIZE, *, gaps: bool = False) -> None:
        sample = sample_factors if gaps else sample_trained
        self._factors = [sample(seed, index) for index in range(n)]
        self._size = size
        world = f"street-gaps-{seed}" if gaps else f"street-{seed}"
        self.names: Sequence[str] = [f"{world}-{index:06d}" for index in range(n)]
        self.labels: np.ndarray = np.array([SIGNS.index(f.sign) for f in self._factors], dtype=np.int64)
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> Image.Image:
        """Scene ``index`` as an RGB picture."""
        picture = render([self._factors[index]], self._size)[0]
        return Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))

    def factors(self, index: int) -> SceneFactors:
        """What is true of scene ``index``."""
        return self._factors[index]
