"""Traffic scenes as a collection of pictures with captions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from failscape.common.label_rules import LabelRule
from failscape.data.base import Skipped
from failscape.data.street.render import SIZE
from failscape.data.street.traffic.captions import plain_caption, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors, sample_traffic
from failscape.data.street.traffic.render import render_traffic
from failscape.errors import UsageError, did_you_mean


class TrafficSource:
    """Traffic scenes grouped by one of their factors, rendered as they are asked for.

    Scene ``i`` of a seed is the same whatever ``n`` and ``size`` [px] are. Labels index the values of the factor.

    Raises:
        UsageError: no scene is asked for, or there is no such factor.
    """

    notes: tuple[str, ...] = ()
    label_rules: tuple[LabelRule, ...] = ()

    def __init__(self, n: int = 4000, seed: int = 0, size: int = SIZE, *, group: str = "vehicle") -> None:
        self.scenes: Sequence[TrafficFactors] = [sample_traffic(seed, index) for index in range(n)]
        self._seed, self._size = seed, size
        if n < 1:
            raise UsageError(f"street:traffic has n={n} scenes; give 1 or more")
        if group not in BY_NAME:
            raise UsageError(f"street:traffic has no factor {group!r}{did_you_mean(group, BY_NAME)}")
        values = BY_NAME[group].values
        self.group_names: Sequence[str] = [str(value) for value in values]
        self.names: Sequence[str] = [f"traffic-{seed}-{index:06d}" for index in range(n)]
        self.labels: np.ndarray = np.array([values.index(getattr(f, group)) for f in self.scenes], np.int64)
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> Image.Image:
        """Scene ``index`` as an RGB picture."""
        picture = render_traffic([self.scenes[index]], self._size)[0]
        return Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))

    def caption(self, index: int) -> str:
        """The plain caption of scene ``index``, which is true of it."""
        return self.captions(index, 1)[0]

    def captions(self, index: int, n: int = 5) -> tuple[str, ...]:
        """``n`` true captions of scene ``index``: a plain one, then varied ones."""
        scene, rng = self.scenes[index], np.random.default_rng((self._seed, index, 1))
        return (plain_caption(scene), *(varied_caption(scene, rng) for _ in range(n - 1)))[:n]


def caption_rows(n: int = 4000, seed: int = 0, captions: int = 1) -> Iterator[tuple[str, str, str, str]]:
    """Names, captions, no reference, and vehicles of ``n`` scenes, ``captions`` of each."""
    source = TrafficSource(n, seed)
    for index, scene in enumerate(source.scenes):
        for number, caption in enumerate(source.captions(index, captions)):
            yield f"{source.names[index]}#{number}", caption, "", scene.vehicle
