"""What people said of right answers, counted by cases, and in words."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.modes.serialization import mode_rows, rated_modes
from failscape.analysis.modes.still_right import StillRight, still_right
from failscape.analysis.report.people import agreement, doubt, looked_at
from failscape.common.nouns import Nouns
from tests.support.made_run import make
from tests.support.modes import made_mode


def said(*rows: Sequence[float | None], mode: str = "dark") -> pd.DataFrame:
    """One row of answers per rater, one column per case; 5 of 10 for each."""
    return pd.DataFrame(
        [
            {
                "rater": f"rater-{i}",
                "case": f"{mode}-{k}",
                "mode": mode,
                "undesirability": 5.0,
                "still_right": np.nan if value is None else float(value),
            }
            for i, row in enumerate(rows)
            for k, value in enumerate(row)
        ]
    )


def test_cases_are_counted_by_what_everybody_said() -> None:
    found = still_right(said([1, 1, 0, 1, 1], [1, 1, 0, 0, None]))
    assert found is not None and found[:6] == (2, 5, 3, 1, 4, False) and found.n_disputed == 1
    assert found.agreement == pytest.approx(1 - (2 / 8) / (30 / 56))


def test_nobody_asked_is_not_nobody_agrees() -> None:
    assert still_right(said([None, None])) is None
    alone = still_right(said([1, 0]))
    assert alone is not None and math.isnan(alone.agreement)


@pytest.mark.parametrize(
    ("rows", "in_doubt"),
    [
        ([[0, 0, 1], [0, 0, 0]], True),
        ([[0, 0, 0, 0]], False),  # one person alone
        ([[0, 0, 0, 0], [1, 1, None, None]], False),  # two people answered, but one alone says no
        ([[0, 1], [0, 1]], False),  # half is not most
    ],
)
def test_doubt_takes_most_answers_and_two_people(rows: list[list[float | None]], in_doubt: bool) -> None:
    found = still_right(said(*rows))
    assert found is not None and found.in_doubt == in_doubt


def test_modes_carry_what_people_said_and_files_do_not() -> None:
    modes = [made_mode(np.arange(3), name="dark"), made_mode(np.arange(3), name="turned")]
    rated, unrated = rated_modes(modes, said([1, 0], [1, None]))
    assert rated.still_right is not None and rated.still_right.n_people == 2 and rated.n_ratings == 4
    assert unrated.still_right is None
    assert mode_rows([rated]) == mode_rows([modes[0]])


NONE = float("nan")
SAME = "would still call them the same"
APART = "No group was looked at by more than one of them."
TOGETHER = "More than one of them looked at 4 of these groups."


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (StillRight(2, 14, 13, 1, 14, False, 0.5), f"Two people looked at 14 groups of pictures … {SAME} in 13."),
        (StillRight(1, 3, 3, 0, 0, False, NONE), f"One person looked at 3 groups of pictures … {SAME} in all."),
        (StillRight(1, 3, 0, 3, 0, False, NONE), f"One person looked at 3 groups of pictures … {SAME} in none."),
        (StillRight(1, 1, 1, 0, 0, False, NONE), f"One person looked at 1 group of pictures … {SAME}."),
        (
            StillRight(2, 1, 0, 1, 1, True, NONE),
            "Two people looked at 1 group of pictures … would no longer call all of them the same.",
        ),
        (
            StillRight(2, 1, 0, 0, 1, False, NONE),
            f"Two people looked at 1 group of pictures … disagree whether they {SAME}.",
        ),
        (
            StillRight(12, 9, 5, 0, 4, False, NONE),
            f"12 people looked at 9 groups of pictures … {SAME} in 5, no longer in none, and disagree on 4. {TOGETHER}",
        ),
        (
            StillRight(2, 4, 4, 0, 0, False, NONE),
            f"Two people looked at 4 groups of pictures … {SAME} in all. {APART}",
        ),
    ],
)
def test_counts_in_words(found: StillRight, words: str) -> None:
    mode = made_mode(np.arange(3), still_right=found)
    assert looked_at(mode, "pictures") == words.replace("…", "under this rule and")


def test_agreement_and_doubt_in_words() -> None:
    context = make(1, 300).context()._replace(nouns=Nouns(plain_items="pictures"))
    lost = made_mode(np.arange(3), (0,), still_right=StillRight(2, 4, 0, 4, 3, True, 0.613))
    assert agreement(lost) == "Krippendorff's alpha of what they said: 0.61 (3 groups seen by more than one)."
    assert doubt(lost, context) == "People would no longer call these pictures “stop”"
    several = made_mode(np.arange(3), (0, 1), still_right=lost.still_right)
    assert doubt(several, context) == "People would no longer call these pictures by their class"
    grouped = context._replace(groups=("red", "blue"))
    assert doubt(lost, grouped) == "People would no longer call these pictures by their class"
    sure = made_mode(np.arange(3), (0,), still_right=StillRight(2, 4, 4, 0, 3, False, NONE))
    assert doubt(sure, context) == agreement(sure) == "" and looked_at(made_mode(np.arange(3)), "pictures") == ""
