"""Failure modes as a table."""

import json
from dataclasses import replace

import numpy as np

from failscape.analysis.modes.frame import modes_frame
from failscape.analysis.modes.mode import Mode

FOUND = Mode(np.array([3, 5]), (1, 2), "darken from 0.4", 0.25, 0.9, 40, 0.001, 0.7)
TRIED = replace(
    FOUND, confirmed=True, rate=0.8, low=0.7, high=0.9, unedited=0.1, elsewhere=0.2, n_items=60, rating=8.0, n_ratings=2
)
REFUTED = replace(TRIED, confirmed=False, note="no more than elsewhere", points=np.array([7]), classes=())


def test_modes_are_rows_of_plain_values_numbered_from_one() -> None:
    frame = modes_frame([TRIED, REFUTED, FOUND])
    assert frame.index.name == "mode" and frame.index.tolist() == [1, 2, 3]
    assert json.loads(frame.loc[[1]].to_json(orient="records")) == [
        {
            "rule": "darken from 0.4",
            "confirmed": True,
            "rate": 0.8,
            "low": 0.7,
            "high": 0.9,
            "unedited": 0.1,
            "elsewhere": 0.2,
            "share": 0.25,
            "items": 60,
            "severity": 0.7,
            "rating": 8.0,
            "ratings": 2,
            "note": "",
            "points": [3, 5],
            "classes": [1, 2],
        }
    ]


def test_what_was_not_measured_is_missing_and_counts_as_not_confirmed() -> None:
    frame = modes_frame([TRIED, REFUTED, FOUND])
    assert frame["confirmed"].isna().tolist() == [False, False, True]
    assert frame[["rate", "low", "high", "unedited", "elsewhere", "rating"]].isna().all(axis=1).tolist() == [
        False,
        False,
        True,
    ]
    assert frame[frame["confirmed"]].index.tolist() == frame.query("confirmed").index.tolist() == [1]


def test_no_modes_are_an_empty_table_of_the_same_columns_and_types() -> None:
    some, none = modes_frame([TRIED]), modes_frame([])
    assert none.empty and none.index.name == "mode"
    assert none.dtypes.to_dict() == some.dtypes.to_dict() and none[none["confirmed"]].empty
