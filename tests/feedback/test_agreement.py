"""How far raters agree: Krippendorff's own example, and where there is nothing to tell."""

import math

import numpy as np
import pandas as pd
import pytest

from failscape.feedback.agreement import alpha

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section C: four observers, twelve units.
EXAMPLE = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def table(rows: list[list[float | None]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"rater": f"rater-{i}", "case": f"case-{k}", "undesirability": np.nan if value is None else float(value)}
            for i, row in enumerate(rows)
            for k, value in enumerate(row)
        ]
    )


def test_the_published_example() -> None:
    assert alpha(table([list(row) for row in EXAMPLE])) == pytest.approx(0.849, abs=5e-4)  # interval data


def test_agreement_is_one_and_chance_is_zero() -> None:
    assert alpha(table([[1, 5, 9, 3], [1, 5, 9, 3]])) == pytest.approx(1)
    rng = np.random.default_rng(0)
    assert abs(alpha(table(rng.integers(1, 11, (3, 400)).tolist()))) < 0.06


def test_names_are_equal_or_not() -> None:
    """By hand: of 8 values 5 are yes and 3 no; 2 of 8 pairs differ where 30 of 56 would by chance."""
    said = table([[1, 1, 0, 1, 1], [1, 1, 0, 0, None]]).rename(columns={"undesirability": "still_right"})
    assert alpha(said, "still_right", "nominal") == pytest.approx(1 - (2 / 8) / (30 / 56))


@pytest.mark.parametrize("rows", [[[1, 2, 3]], [[1, None], [None, 2]], [[5, 5], [5, 5]], [[None], [None]]])
def test_nothing_to_tell(rows: list[list[float | None]]) -> None:
    assert math.isnan(alpha(table(rows)))


def test_no_ratings() -> None:
    assert math.isnan(alpha(pd.DataFrame(columns=["rater", "case", "undesirability"])))
