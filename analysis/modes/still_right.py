"""What people said of the right answers of a mode's cases: whether the edits left them right."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from failscape.feedback.agreement import alpha


class StillRight(NamedTuple):
    """Answers to whether the right answer is still right, of all that a case shows, counted by cases."""

    n_people: int  # who answered for at least one case
    n_cases: int  # with an answer
    n_kept: int  # of which everybody who answered said yes
    n_lost: int  # of which everybody who answered said no
    n_shared: int  # which more than one person answered
    in_doubt: bool  # whether most answers are no, and those of at least two people
    agreement: float  # Krippendorff's alpha for names; NaN where there is nothing to tell

    @property
    def n_disputed(self) -> int:
        """Cases of which some said yes and some no."""
        return self.n_cases - self.n_kept - self.n_lost


def still_right(ratings: pd.DataFrame) -> StillRight | None:
    """What ratings say of right answers; None where nobody said anything.

    Args:
        ratings: those that count, columns ``rater``, ``case`` and ``still_right``: 1, 0, or NaN where not said.
    """
    said = ratings.dropna(subset=["still_right"])
    if not len(said):
        return None
    cases = said.astype({"still_right": float}).groupby("case")["still_right"]
    shares, no = cases.mean(), said[said["still_right"] == 0]
    return StillRight(
        n_people=said["rater"].nunique(),
        n_cases=len(shares),
        n_kept=int((shares == 1).sum()),
        n_lost=int((shares == 0).sum()),
        n_shared=int((cases.size() > 1).sum()),
        in_doubt=2 * len(no) > len(said) and no["rater"].nunique() > 1,
        agreement=alpha(said, "still_right", "nominal"),
    )
