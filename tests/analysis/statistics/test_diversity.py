"""Diversity and discovery, by hand."""

import numpy as np
import pytest

from failscape.analysis.statistics.diversity import (
    discovery_area,
    effective_number,
    failure_entropy,
    feature_diversity,
    queries_to,
)


def test_entropy_counts_the_points_that_share_the_failures() -> None:
    assert failure_entropy(np.array([1, 1, 0, 1, 1])) == pytest.approx(2) and effective_number(np.ones(8)) == 8
    assert failure_entropy(np.array([0, 3.0, np.nan])) == 0 and effective_number(np.array([0, 3.0])) == 1
    assert np.isnan(failure_entropy(np.zeros(4))) and np.isnan(effective_number(np.zeros(4)))
    uneven = np.array([0.5, 0.25, 0.25])
    assert failure_entropy(uneven) == pytest.approx(1.5) == failure_entropy(10 * uneven)


def test_feature_diversity_is_its_definition() -> None:
    features = np.random.default_rng(0).normal(size=(12, 5))
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[np.triu_indices(12, 1)]
    assert feature_diversity(features) == pytest.approx(1 - cosines.mean())
    assert feature_diversity(np.vstack([features, np.zeros(5)])) == pytest.approx(1 - cosines.mean())
    assert feature_diversity(np.ones((4, 3))) == pytest.approx(0) and feature_diversity(np.eye(3)) == 1
    assert np.isnan(feature_diversity(features[:1]))


def test_queries_to_failures() -> None:
    failed = np.array([0, 0, 1, 0, 1], bool)
    assert (queries_to(failed), queries_to(failed, 2), queries_to(failed, 3)) == (3, 5, None)


def test_area_under_the_discovery_curve() -> None:
    assert discovery_area(np.ones(7)) == 1 and discovery_area(np.zeros(7)) == 0
    assert np.isnan(discovery_area(np.zeros(0)))
    assert discovery_area(np.tile([1, 0], 5000)) == pytest.approx(0.5, abs=1e-3)
    assert discovery_area(np.array([1, 0])) > discovery_area(np.array([0, 1]))
