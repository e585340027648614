"""Edits of street scenes: one factor takes another value, and the scene is drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from failscape.concepts.base import Concept
from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors, vary


class OtherValue(Concept):
    """The next value of one factor, the first one after the last, where the strength is 1. Identity: 0."""

    field = "scene"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.0, 1.0)
    names_identity = False
    switch = True
    factor = ""

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        edited = np.empty(len(inputs), object)
        edited[:] = [_next(scene, self.factor) for scene in inputs]
        return edited


def _next(scene: TrafficFactors, factor: str) -> TrafficFactors:
    values = BY_NAME[factor].values
    return vary(scene, **{factor: values[(values.index(getattr(scene, factor)) + 1) % len(values)]})


def _concept(factor: str) -> type[OtherValue]:
    about = f"Another value of {factor}: {BY_NAME[factor].meaning}. Identity: 0."
    said = {"name": f"other-{factor}", "factor": factor, "__doc__": about, "__module__": __name__}
    made = type(f"Other{factor.title()}", (OtherValue,), said)
    globals()[made.__name__] = made  # where pickle looks for it
    return made


# What is about people shows only where there are some, so it is no edit of any scene.
SCENE_CONCEPTS: dict[str, type[Concept]] = {
    concept.name: concept for concept in (_concept(name) for name in BY_NAME if name not in OF_PEOPLE)
}
