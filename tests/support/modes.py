"""Failure modes that tests make up."""

from typing import Any

import numpy as np

from failscape.analysis.modes.mode import Mode


def made_mode(points: np.ndarray, classes: tuple[int, ...] = (), name: str = "made", **known: Any) -> Mode:
    """A mode of these points and classes; ``known`` are other fields."""
    told = {"share": 0.5, "seen_rate": 0.5, "n_seen": 100, "q_value": 0.01, "severity": 0.5}
    return Mode(points, classes, name, **{**told, **known})
