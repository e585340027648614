"""What a person at a terminal reads of cases and of what their ratings amount to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from failscape.analysis.report.mode_table import beside, fails_text
from failscape.analysis.report.people import agreement, doubt, looked_at
from failscape.common.format import counted, percent
from failscape.common.visible import visible
from failscape.workflows.rate import accuracy_of, agreement_of, label_agreement_of
from failscape.workflows.show import save

if TYPE_CHECKING:
    import pandas as pd

    from failscape.feedback.cases import Case
    from failscape.feedback.reward_model import RewardModel
    from failscape.workflows.rate import RatingSession


def describe_case(session: RatingSession, case: Case) -> str:
    """A case in words, and where its pictures or texts are."""
    rank, mode = session.mode_of(case)
    others = [f"{name} {percent(rate)}" for name, rate in beside(mode) if rate is not None]
    rate = ", ".join([f"{fails_text(mode)} of held-out {session.mdp.nouns.items} fail", *others])
    lines = ["", f"mode {rank} of {len(session.modes)}: {mode.name}", f"  {rate}"]
    examples, failure = session.examples(case), session.kind_of(case)
    presenter = examples.presenter
    if not presenter.names_failures:
        lines.append(f"  {failure}")
    for example in examples:
        place = save(presenter, example, session.run)
        lines += [f"  {line}" if line else "" for line in presenter.describe_case(example, failure, place)]
    return "\n".join(map(visible, lines))


def model_text(models: Mapping[str, RewardModel], ratings: pd.DataFrame) -> list[str]:
    """How far raters agree, and how well the models know them; neither from too few answers to tell."""
    overall = agreement_of(ratings)
    lines = [] if math.isnan(overall) else [f"raters agree: Krippendorff's alpha {overall:.2f}"]
    of_labels = label_agreement_of(ratings)
    if not math.isnan(of_labels):
        lines.append(f"raters agree whether right answers are still right: Krippendorff's alpha {of_labels:.2f}")
    for preset, model in models.items():
        accuracy = accuracy_of(model)
        known = (
            "too few labels to say how well" if math.isnan(accuracy) else f"left-out labels: Spearman {accuracy:.2f}"
        )
        lines.append(f"reward model {preset}: {counted(model.n_labels, 'label')}, {known}")
    return lines


def label_text(session: RatingSession) -> list[str]:
    """What people said of whether right answers still are, mode by mode; nothing of modes that nobody was asked of."""
    lines = []
    for rank, mode in enumerate(session.run.found_modes(), 1):
        told = [looked_at(mode, session.mdp.nouns.plain_items), agreement(mode)]
        doubted = doubt(mode, session.context)
        told.append(f"{doubted}: the edit may change the right answer" if doubted else "")
        lines += [f"mode {rank}: {' '.join(filter(None, told))}"] if told[0] else []
    return lines
