"""What the checkpoint of ``embedded:street-signs`` never saw in training, as data.

A gap says what was left out of the training scenes. Where the classifier fails in truth is what a scan of it says.
"""

from __future__ import annotations

import numpy as np

from failscape.data.street.factors import SceneFactors, draw_factors

TRAINED_TILT = (-2.0, 2.0)  # [deg]
TRAINED_LIGHTS = ("day", "dusk")
LIMITS = ("speed-30", "speed-50", "speed-80")
TRAINED_LIMIT_SIZE = 0.46  # of the picture's side, or larger

GAPS: dict[str, str] = {
    "tilt": "signs that lean by more than 2 degrees",
    "night": "scenes at night",
    "far-limits": "speed limits from afar, less than 46 % of the picture's height",
}


def in_gap(factors: SceneFactors) -> str | None:
    """The name of the first of ``GAPS`` that holds the scene, or None where its like was trained."""
    if not TRAINED_TILT[0] <= factors.tilt <= TRAINED_TILT[1]:
        return "tilt"
    if factors.light not in TRAINED_LIGHTS:
        return "night"
    if factors.sign in LIMITS and factors.size < TRAINED_LIMIT_SIZE:
        return "far-limits"
    return None


def sample_trained(seed: int, index: int) -> SceneFactors:
    """Factors of scene ``index`` in the world ``seed``, drawn outside every gap; all signs are as likely."""
    rng = np.random.default_rng((seed, index))
    factors = draw_factors(rng, tilt=TRAINED_TILT, light=TRAINED_LIGHTS)
    while in_gap(factors) is not None:
        factors = draw_factors(rng, sign=factors.sign, tilt=TRAINED_TILT, light=TRAINED_LIGHTS)
    return factors
