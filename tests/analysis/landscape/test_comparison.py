"""Two landscapes compared; the Wasserstein distance on the lattice against brute force and by hand."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.landscape.comparison import Broken, compare
from failscape.analysis.landscape.landscape import Landscape, rank_correlation
from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.statistics.transport import wasserstein
from failscape.concepts import ConceptSpace, concept_space
from failscape.errors import UsageError

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.2"])


def landscape(smoothed: list[float], name: str, space: ConceptSpace = SPACE) -> Landscape:
    rates = np.array(smoothed, float)
    visited = np.ones(len(rates), int)
    table = pd.DataFrame({"visits": visited, "rate": rates, "smoothed": rates})
    return Landscape(space, table, len(rates), len(rates), 0.1, 10, name)


def test_a_landscape_agrees_with_itself() -> None:
    a = landscape([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "a")
    found = compare(a, a, top_k=2)
    assert (found.spearman, found.top_k_recall, found.mean_change, found.worst_change) == (1, 1, 0, 0)
    assert found.wasserstein == pytest.approx(0) and found.rate_a == found.rate_b == pytest.approx(0.35)
    assert (found.coverage_a, found.coverage_b) == (1, 1) and found.names == ("a", "a")


def test_walks_tell_within_how_many_levels_items_broke() -> None:
    a = landscape([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "a")
    some = Smallest(pd.DataFrame({"levels": [1, 4, 2], "log_likelihood": 0.0, "queries": 1, "edit": "x"}), 5, 9, {})
    none = Smallest(some.table.head(0), 5, 9, {})
    found = compare(a, a, smallest=(some, none))
    assert found.broken == (Broken(5, 3, 2.0), Broken(5, 0, None))
    assert found.broken_rows() == [
        ("items broken by some edit", "3 of 5 → 0 of 5"),
        ("levels from unedited to their smallest failing edit, median", "2 → –"),
    ]
    assert set(found.broken_rows()) < set(found.rows())
    assert compare(a, a, smallest=(some, None)).broken_rows() == compare(a, a).broken_rows() == []


def test_a_change_is_b_minus_a() -> None:
    before = landscape([0.9, 0.8, 0.1, 0.1, 0.1, 0.1], "before")
    after = landscape([0.2, 0.1, 0.1, 0.1, 0.3, 0.1], "after")
    found = compare(before, after, top_k=2)
    assert found.mean_change == pytest.approx(-1.2 / 6) and found.worst_change == pytest.approx(0.2)
    assert found.top_k_recall == 0.5 and found.names == ("before", "after")
    assert found.rate_a == pytest.approx(2.1 / 6) and found.rate_b == pytest.approx(0.9 / 6)
    texts = dict(found.rows())
    assert texts["failure rate"] == "35\u00a0% → 15\u00a0%" and texts["worst 2 points shared"] == "50\u00a0%"
    assert texts["mean change over points"] == "-20.0 points" and texts["largest rise of a point"] == "+20.0 points"
    assert texts["coverage"] == "100\u00a0% → 100\u00a0%" and "levels" in texts["Wasserstein distance of failures"]


def test_an_opposite_landscape_disagrees() -> None:
    a, b = landscape([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "a"), landscape([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], "b")
    found = compare(a, b, top_k=3)
    assert found.spearman == -1 and found.top_k_recall == 0
    assert found.wasserstein == pytest.approx(wasserstein(np.arange(1.0, 7), np.arange(6.0, 0, -1), SPACE))


def test_top_k_is_at_most_the_grid() -> None:
    a = landscape([0.1] * 6, "a")
    found = compare(a, a, top_k=100)
    assert found.top_k == 6 and found.top_k_recall == 1 and np.isnan(found.spearman)


def test_different_grids_are_refused() -> None:
    a = landscape([0.1] * 6, "a")
    others = [["rotation=-10,0,20", "darken=0.1,0.2"], ["darken=0.1,0.2", "rotation=-10,0,10"], ["contrast=1,2"]]
    for spec in others:
        space = concept_space(spec)
        with pytest.raises(UsageError, match="a and b span different grids"):
            compare(a, landscape([0.1] * space.n_points, "b", space))


def test_rank_correlation() -> None:
    nan = float("nan")
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 100, 1000])) == 1
    assert rank_correlation(np.array([1.0, 2, nan, 3]), np.array([3.0, 2, 9, 1])) == -1
    for a, b in [([1.0, 1, 1], [1.0, 2, 3]), ([1.0, 2], [1.0, 2]), ([nan, nan, 1, 2], [1.0, 2, 3, 4])]:
        assert np.isnan(rank_correlation(np.array(a), np.array(b)))
