"""SpotCheck's scores in cases that can be counted by hand."""

import numpy as np
import pytest

from failscape.analysis.modes.discovery_score import Score, overlap, spotcheck


def cells(*wanted: int, n: int = 20) -> np.ndarray:
    row = np.zeros(n, bool)
    row[list(wanted)] = True
    return row


REGIONS = np.stack([cells(*range(5)), cells(*range(10, 20))])
NO = np.zeros(1, bool)


def test_a_region_is_covered_by_the_union_of_its_modes() -> None:
    halves = np.stack([cells(0, 1), cells(2, 3), cells(*range(10, 18))])
    assert spotcheck(halves, REGIONS, np.zeros(3, bool)) == Score(2, 2, 3, 0)
    assert spotcheck(halves[:1], REGIONS, NO) == Score(2, 0, 1, 0)


def test_a_mode_that_is_mostly_elsewhere_belongs_nowhere() -> None:
    blurred = cells(0, 1, 2, 3, 4, 5, 6)[None]  # precision 5/7
    assert spotcheck(blurred, REGIONS, NO) == Score(2, 0, 1, 1)
    just = cells(0, 1, 2, 3, 5)[None]  # precision and recall 4/5
    assert spotcheck(just, REGIONS, NO) == Score(2, 1, 1, 0)


def test_a_real_weakness_that_nobody_planted_is_not_false() -> None:
    other = cells(7, 8)[None]
    assert spotcheck(other, REGIONS, np.ones(1, bool)) == Score(2, 0, 1, 0)
    assert spotcheck(other, REGIONS, NO).false_discovery_rate == 1


def test_nothing_found_is_no_false_discovery() -> None:
    score = spotcheck(np.zeros((0, 20), bool), REGIONS, np.zeros(0, bool))
    assert score.discovery_rate == 0 and score.false_discovery_rate == 0
    assert np.isnan(spotcheck(np.zeros((0, 20), bool), REGIONS[:0], np.zeros(0, bool)).discovery_rate)


def test_overlap_is_a_share_of_the_mode() -> None:
    assert overlap(cells(3, 4, 5, 6)[None], REGIONS) == pytest.approx(np.array([[0.5, 0]]))
