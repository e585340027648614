"""Figures of ratings that are told only where there are enough answers to tell."""

import math

import numpy as np
import pandas as pd

from failscape.feedback.reward_model import RewardModel, fit
from failscape.terminal.cases import model_text
from failscape.workflows.rate import LEAST_ANSWERS, accuracy_of, agreement_of


def model(n: int) -> RewardModel:
    """Learned from ``n`` answers that one feature explains."""
    features = np.linspace(0, 1, n)[:, None]
    cases = np.array([f"case {k}" for k in range(n)])
    return fit(features, features[:, 0], cases, np.array(["ada"] * n), (1,), {})


def ratings(modes: list[str]) -> pd.DataFrame:
    """Two raters of a case per mode."""
    return pd.DataFrame(
        [
            {
                **{"rater": rater, "case": f"{mode} {k}", "mode": mode, "undesirability": 1.0 + 3 * k + offset},
                "still_right": np.nan,
            }
            for k, mode in enumerate(modes)
            for offset, rater in enumerate(("ada", "bo"))
        ]
    )


def test_no_rank_correlation_of_a_handful_of_answers() -> None:
    few, enough = model(LEAST_ANSWERS - 1), model(LEAST_ANSWERS)
    assert math.isnan(accuracy_of(few)) and accuracy_of(enough) > 0.5
    lines = model_text({"human": model(4)}, ratings(["a"]))
    assert lines == ["reward model human: 4 labels, too few labels to say how well"]
    assert "Spearman" in model_text({"human": enough}, ratings(["a"]))[0]


def test_no_alpha_of_one_mode() -> None:
    assert math.isnan(agreement_of(ratings(["a", "a", "a"]))) and agreement_of(ratings(["a", "b", "c"])) > 0.5
    assert math.isnan(agreement_of(ratings(["a", "b"]).drop_duplicates("case")))
