"""What is true of a scene, and how scenes are drawn by chance."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from failscape.data.street.signs import SIGNS
from failscape.errors import UsageError, did_you_mean

WEATHERS = ("clear", "rain", "fog", "snow")
LIGHTS = ("day", "dusk", "night")
PLACES = ("town", "suburb", "country")


@dataclasses.dataclass(frozen=True)
class SceneFactors:
    """Everything a scene shows; equal factors give equal pictures. Lengths are fractions of the picture's side."""

    sign: str  # one of SIGNS
    tilt: float = 0.0  # [deg], clockwise; sign and pole lean together
    weather: str = "clear"  # one of WEATHERS
    light: str = "day"  # one of LIGHTS
    place: str = "town"  # one of PLACES
    size: float = 0.5  # the sign's height, in [0.34, 0.56]
    x: float = 0.5  # the sign's centre, from the left
    y: float = 0.42  # the sign's centre, from the top
    fade: float = 0.0  # how far the sign's colours have bleached, in [0, 1]
    exposure: float = 1.0  # share of the light that the camera keeps, in [0.85, 1.1]
    detail: int = 0  # seed of what has no name: clouds, windows, trees, drops

    def __post_init__(self) -> None:
        for factor, known in CHOICES.items():
            if getattr(self, factor) not in known:
                raise UsageError(f"no {factor} {getattr(self, factor)!r}{did_you_mean(getattr(self, factor), known)}")


# Drawn with equal chances; the weather is clear twice as often as anything else.
CHOICES: dict[str, tuple[str, ...]] = {
    "sign": SIGNS,
    "weather": ("clear", *WEATHERS),
    "light": LIGHTS,
    "place": PLACES,
}
RANGES: dict[str, tuple[float, float]] = {
    "tilt": (-12.0, 12.0),
    "size": (0.34, 0.56),
    "x": (0.32, 0.68),
    "y": (0.34, 0.5),
    "fade": (0.0, 0.3),
    "exposure": (0.85, 1.1),
}


def sample_factors(seed: int, index: int, **constraints: Any) -> SceneFactors:
    """Factors of scene ``index`` in the world ``seed``, each factor drawn by itself, evenly over its range.

    Args:
        seed: the world's seed, 0 or more.
        index: the scene's number, 0 or more; the scene does not depend on which others are drawn.
        **constraints: by factor, a tuple of names to choose from or a pair of bounds; one value alone is kept as it is.
    """
    return draw_factors(np.random.default_rng((seed, index)), **constraints)


def draw_factors(rng: np.random.Generator, **constraints: Any) -> SceneFactors:
    """Factors drawn from ``rng`` under the ``constraints`` of ``sample_factors``; every call takes as many numbers."""
    known = (*CHOICES, *RANGES)
    for name in constraints:
        if name not in known:
            raise UsageError(f"no factor {name!r} to constrain{did_you_mean(name, known)}")
    drawn = dict(zip(known, rng.random(len(known)).tolist(), strict=True))
    chosen = {name: _choose(constraints.get(name, names), drawn[name]) for name, names in CHOICES.items()}
    placed = {name: _between(constraints.get(name, bounds), drawn[name]) for name, bounds in RANGES.items()}
    factors: dict[str, Any] = {**chosen, **placed}
    return SceneFactors(**factors, detail=int(rng.integers(2**31)))


def _choose(names: str | tuple[str, ...], chance: float) -> str:
    return names if isinstance(names, str) else names[int(chance * len(names))]


def _between(bounds: float | tuple[float, float], chance: float) -> float:
    if isinstance(bounds, (int, float)):
        return float(bounds)
    low, high = bounds
    return low + (high - low) * chance
