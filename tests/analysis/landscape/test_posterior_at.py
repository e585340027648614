"""The landscape between its points."""

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape, posterior_at
from failscape.concepts import concept_space

SPACE = concept_space(["darken=0..1/10"])


def rate(strength: np.ndarray) -> np.ndarray:
    return 0.1 + 0.7 * strength**2


def probes(n: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    item, point = np.arange(n), rng.integers(10, size=n)
    strengths = SPACE.strengths(point[:, None], item)[:, 0]
    failed = rng.random(n) < rate(strengths)
    return pd.DataFrame(
        {"item": item, "point": point, "failed": failed, "severity": 0.5, "propensity": 0.1, "cached": False}
    )


def test_it_follows_the_truth_between_the_points_and_meets_the_landscape_on_them() -> None:
    frame = probes()
    between = np.linspace(0.03, 0.97, 40)[:, None]
    found = posterior_at(between, frame, SPACE)
    truth = rate(between[:, 0])
    assert np.abs(found["smoothed"] - truth).max() < 0.05
    assert ((found["smoothed_low"] <= truth) & (truth <= found["smoothed_high"])).mean() > 0.85
    on_points = posterior_at(SPACE.strengths(SPACE.grid()), frame, SPACE)
    np.testing.assert_allclose(on_points["smoothed"], Landscape.from_probes(frame, SPACE).table["smoothed"], atol=1e-6)
