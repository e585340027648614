"""An edit that is none: another picture of the corpus takes the place of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from failscape.concepts.base import Concept


class Neighbor(Concept):
    """The picture of the corpus that is the n-th most similar to the target, in place of an edited one. Identity: 0."""

    name = "neighbor"
    field = "near"
    unit = ""
    identity = 0.0
    limits = (0.0, 1000.0)
    default_levels = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    kind = "the target's nearest pictures"

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        edited = np.empty(len(inputs), object)
        edited[:] = [near._replace(rank=int(rank)) for near, rank in zip(inputs, strengths, strict=True)]
        return edited
