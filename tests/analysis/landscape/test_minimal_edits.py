"""Smallest failing edits against brute force, and the likelihood against its definition."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.landscape.minimal_edits import log_likelihood, smallest_edits
from failscape.concepts import concept_space
from failscape.concepts.lattice import lattice, origin
from failscape.records.probe_arrays import points_of

SPACE = lattice(concept_space("fsrl"))


def probes(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, SPACE.shape, size=(n, 3))
    distance = np.abs(points - origin(SPACE)).sum(axis=1)
    return pd.DataFrame(
        {
            "item": rng.integers(20, size=n),
            "levels": [tuple(p) for p in points.tolist()],
            "failed": distance + rng.integers(4, size=n) > 7,
            "cached": rng.random(n) < 0.2,
        }
    )


def test_each_item_gets_its_failing_edit_of_fewest_levels() -> None:
    frame = probes()
    found = smallest_edits(frame, SPACE)
    points = points_of(frame)
    moved = np.abs(points - origin(SPACE)).sum(axis=1)
    failing = frame[frame["failed"]].assign(moved=moved[frame["failed"]])
    expected = failing.groupby("item")["moved"].min()
    assert found.table.set_index("item")["levels"].sort_index().to_dict() == expected.to_dict()
    assert found.n_items == 20 and found.n_queries == (~frame["cached"]).sum()
    for _, row in found.table.iterrows():
        assert frame.loc[row["probe"], "failed"] and frame.loc[row["probe"], "item"] == row["item"]
        assert row["edit"] == SPACE.label(points[row["probe"]])
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.table["log_likelihood"].is_monotonic_decreasing


def test_the_likelihood_is_a_distribution_over_the_lattice_and_highest_unedited() -> None:
    home = origin(SPACE)
    for sigma in (0.5, 1.0, 3.0):
        likely = log_likelihood(SPACE.grid(), SPACE, home, sigma)
        assert np.exp(likely).sum() == pytest.approx(1)
        assert likely.argmax() == SPACE.index(home[None])[0]
    one, two = log_likelihood(home + np.array([[1, 0, 0], [2, 0, 0]]), SPACE, home)
    assert one - two == pytest.approx(1.5)  # (2^2 - 1^2) / 2


def test_edits_that_compound_are_counted_from_no_edit() -> None:
    frame = pd.DataFrame(
        {
            "item": [0, 0, 1],
            "levels": [(-1, 0, -1), (0, 0, 1), (-1, -1, -1)],
            "failed": [False, True, False],
            "cached": False,
        }
    )
    found = smallest_edits(frame, SPACE, np.full(3, -1))
    assert found.table["levels"].tolist() == [4] and found.n_items == 2
    assert found.shares == {"rotation": 0.25, "darken": 0.25, "saturation": 0.5}


def test_nothing_broken_is_said_as_nothing() -> None:
    frame = probes().assign(failed=False)
    summary = smallest_edits(frame, SPACE).summary()
    assert summary["n_broken"] == 0 and summary["median_levels"] is None and summary["likeliest"] is None
