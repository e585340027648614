"""What at least two people agree that edits make of right answers, as facts that ``--labels FILE`` reads.

A line of such a file speaks of one edit, one range of its strengths and one class. So it can tell of a case where one
edit alone is to blame: the only one that changes any of its items, or else the only one that the rule of its mode
speaks of.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.rule import rule_of
from failscape.common.label_rules import INVALID, LabelRule
from failscape.concepts import ConceptSpace
from failscape.feedback.cases import Case
from failscape.records.probe_arrays import points_of
from failscape.workflows.rate import RatingSession

Cell = tuple[str, float, int]  # an edit, its strength, a class


class Agreed(NamedTuple):
    """Cases that at least two people agree are no longer their class, and of which nobody says that they still are."""

    rules: tuple[LabelRule, ...]  # of the edits, strengths and classes that these cases showed, one by one
    n_cases: int
    n_untold: int  # of them, which no line can tell


def agreed_labels(session: RatingSession, ratings: pd.DataFrame) -> Agreed:
    """The facts that follow from ratings that count.

    A strength at which somebody still saw the class in another case is not among them: there it was another picture of
    the case, or another edit, that changed what is right.
    """
    said = ratings[ratings["case"].isin(list(session.cases))].dropna(subset=["still_right"])
    told: set[Cell] = set()
    fine: set[Cell] = set()
    n_cases = n_untold = 0
    for key, answers in said.groupby("case")["still_right"]:
        case = session.cases[str(key)]
        if (answers == 1).any():
            fine |= _cells(session, case, None)
        elif len(answers) > 1 and session.examples(case).question():
            edit = _to_blame(session, case)
            n_cases, n_untold = n_cases + 1, n_untold + (edit is None)
            told |= set() if edit is None else _cells(session, case, edit)
    rules = (LabelRule(edit, strength, strength, label, INVALID) for edit, strength, label in sorted(told - fine))
    return Agreed(tuple(rules), n_cases, n_untold)


def _to_blame(session: RatingSession, case: Case) -> int | None:
    """The axis of the one edit that can have changed what is right; None where it may be one of several."""
    space = session.context.space
    changed = np.flatnonzero(_changes(session, case).any(axis=0))
    if len(changed) > 1:
        spoken_of = _spoken_of(space, session.mode_of(case)[1])
        changed = changed[np.isin(changed, spoken_of)] if len(spoken_of) == 1 else changed
    return int(changed[0]) if len(changed) == 1 else None


def _spoken_of(space: ConceptSpace, mode: Mode) -> list[int]:
    """The axes of edits of which a mode's rule does not hold all levels; none where it is no single box."""
    rule = rule_of(space, mode.points)
    if len(rule.boxes) != 1 or not np.array_equal(rule.points(space), np.sort(mode.points)):
        return []
    axes = zip(space.concepts, rule.boxes[0], space.shape, strict=True)
    return [k for k, (concept, levels, n) in enumerate(axes) if not concept.selects and len(levels) < n]


def _changes(session: RatingSession, case: Case) -> np.ndarray:
    """Whether each edit changes each item of a case, ``(B, K)`` bool."""
    points = points_of(session.probes.loc[list(case.probes)])
    axes = zip(session.context.space.concepts, points.T, strict=True)
    columns = [concept.changes(levels) & (not concept.selects) for concept, levels in axes]
    return np.stack(columns, axis=1)


def _cells(session: RatingSession, case: Case, edit: int | None) -> set[Cell]:
    """What was shown of one edit, or of all of them: strengths that changed something, and true classes."""
    rows, names = session.probes.loc[list(case.probes)], session.context.space.names
    labels = session.mdp.items.batch.right_answer[rows["item"].to_numpy(np.int64)].tolist()
    shown = np.argwhere(_changes(session, case)).tolist()
    strengths = rows["strengths"].tolist()
    return {(names[k], float(strengths[i][k]), labels[i]) for i, k in shown if edit in (None, k)}
