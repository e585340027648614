"""Level and spread of raters are found from what they rated, and one rater alone stays as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.feedback.calibration import calibrate


def test_raters_that_differ_come_to_one_scale() -> None:
    rng = np.random.default_rng(0)
    meant = rng.uniform(0.2, 0.8, 400)
    raters = np.repeat([0, 1], 200)
    rated = np.where(raters == 0, meant + 0.1, 0.5 + 0.5 * (meant - 0.5) - 0.1) + rng.normal(0, 0.03, 400)
    found = calibrate(raters, rated, meant)
    assert found.levels[0] - found.levels[1] == pytest.approx(0.2, abs=0.02)
    assert found.spreads[0] / found.spreads[1] == pytest.approx(2, rel=0.15)
    assert np.prod(found.spreads) == pytest.approx(1)
    corrected = found.correct(raters, rated)
    assert abs(corrected[:200].mean() - meant[:200].mean() - corrected[200:].mean() + meant[200:].mean()) < 0.01


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_one_rater_stays_as_it_is(pairs: list[tuple[float, float]]) -> None:
    rated, consensus = np.array(pairs).T
    raters = np.zeros(len(rated), int)
    np.testing.assert_allclose(calibrate(raters, rated, consensus).correct(raters, rated), rated, atol=1e-9)


def test_few_ratings_change_little() -> None:
    raters, consensus = np.array([0, 0, 1]), np.array([0.3, 0.6, 0.5])
    found = calibrate(raters, np.array([0.3, 0.6, 0.9]), consensus)
    assert 0 < found.levels[1] - found.levels[0] < 0.4
