"""What the checkpoint of ``embedded:street-signs`` never saw in training, as data.

A gap says what was left out of the training scenes. Where the classifier fails in truth is what a scan of it says.
"""

from __future__ import annotations

import numpy as np

from failscape.data.street.factors import SceneFactors, draw_factors

TRAINED_TILT = (-2.0, 2.0)  # [deg]
TRAINED_LIGHTS = ("day", "dusk")
UNTRAINED_IN_RAIN = "yield"

GAPS: dict[str, str] = {
    "tilt": "signs that lean by more than 2 degrees",
    "night": "scenes at night",
    "yield-in-rain": "yield signs in rain",
}


def in_gap(factors: SceneFactors) -> str | None:
    """The name of the first of ``GAPS`` that holds the scene, or None where its like was trained."""
    if not TRAINED_TILT[0] <= factors.tilt <= TRAINED_TILT[1]:
        return "tilt"
    if factors.light not in TRAINED_LIGHTS:
        return "night"
    if factors.weather == "rain" and factors.sign == UNTRAINED_IN_RAIN:
        return "yield-in-rain"
    return None


def sample_trained(seed: int, index: int) -> SceneFactors:
    """Factors of scene ``index`` in the world ``seed``, as ``sample_factors`` draws them but outside every gap."""
    rng = np.random.default_rng((seed, index))
    while True:
        factors = draw_factors(rng, tilt=TRAINED_TILT, light=TRAINED_LIGHTS)
        if in_gap(factors) is None:
            return factors
