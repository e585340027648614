"""What the checkpoint of ``embedded:street-signs`` never saw in training, as data.

A gap says what was left out of the training scenes. Where the classifier fails in truth is what a scan of it says.
"""

from __future__ import annotations

import numpy as np

from failscape.data.street.factors import SceneFactors, draw_factors

TRAINED_TILT = (-2.0, 2.0)  # [deg]
TRAINED_LIGHTS = ("day", "dusk")
LIMITS = ("speed-30", "speed-50", "speed-80")
TRAINED_ZOOM = (0.5, 1.0)  # of all scenes but those of LIMITS, which were shown at their own size only

GAPS: dict[str, str] = {
    "tilt": "signs that lean by more than 2 degrees",
    "night": "scenes at night",
    "far-limits": "speed limits from afar: all other signs were also shown shrunk, down to half, on black",
}


def in_gap(factors: SceneFactors) -> str | None:
    """The name of the first of ``GAPS`` that holds the scene, or None where its like was trained.

    No scene lies in ``far-limits``: that gap is entered by an edit, such as the concept ``zoom``.
    """
    if not TRAINED_TILT[0] <= factors.tilt <= TRAINED_TILT[1]:
        return "tilt"
    return "night" if factors.light not in TRAINED_LIGHTS else None


def sample_trained(seed: int, index: int) -> SceneFactors:
    """Factors of scene ``index`` in the world ``seed``, as ``sample_factors`` draws them but outside every gap."""
    return draw_factors(np.random.default_rng((seed, index)), tilt=TRAINED_TILT, light=TRAINED_LIGHTS)
