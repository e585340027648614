"""What a run's end makes a reader doubt."""

from dataclasses import replace

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.concepts import concept_space
from failscape.envs.tasks.summarization import NOUNS
from failscape.records.policy import PolicyTable
from failscape.workflows.finish import cut_short, spoken, warnings_of

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.3"])


def landscape(policy: PolicyTable | None = None, n_points: int = 6) -> Landscape:
    """Point ``p`` fails on ``p`` of eight items."""
    rows = [(item, point, item < point) for point in range(n_points) for item in range(8)]
    probes = pd.DataFrame(rows, columns=["item", "point", "failed"])
    probes = probes.assign(severity=probes["failed"].astype(float), propensity=1 / 6, cached=False)
    return Landscape.from_probes(probes, SPACE, policy=policy)


def test_a_sound_run_raises_no_doubt() -> None:
    agrees = PolicyTable.from_q(np.arange(6.0)[None], 100)
    assert warnings_of(landscape(agrees), {"lift_interval": [1.2, 1.5]}) == []


def test_a_policy_against_the_counts_is_named() -> None:
    (doubt,) = warnings_of(landscape(PolicyTable.from_q(-np.arange(6.0)[None], 100)), {})
    assert "contradicts the counted landscape" in doubt


def test_points_never_visited_are_counted() -> None:
    (doubt,) = warnings_of(landscape(n_points=4), {})
    assert doubt.startswith("2 of 6 points were never visited")


def test_no_clear_lift_and_a_hopeless_target_are_named() -> None:
    doubts = warnings_of(replace(landscape(), baseline=0.95), {"lift_interval": [0.9, 1.2]})
    assert "wrong on 95\u00a0% of the unedited items" in doubts[0] and "not clearly better than random" in doubts[1]


def test_articles_that_an_edit_made_too_long_are_counted_with_the_edit_that_does_it_most() -> None:
    probes = pd.DataFrame({"point": [-1, 0, 0, 1, 1], "input_truncated": [True, False, False, True, False]})
    (doubt,) = cut_short(probes, landscape(), NOUNS)
    assert (
        "25\N{NO-BREAK SPACE}% of the edited articles are too long" in doubt and "(50\N{NO-BREAK SPACE}% with " in doubt
    )
    assert "rotation -10°, darken 0.3" in doubt and cut_short(probes.head(3), landscape(), NOUNS) == []


def test_the_learner_is_spoken_of_in_percent() -> None:
    learner = {
        "n_updates": 10,
        "n_held_out": 20,
        "greedy_rate": 0.4,
        "random_rate": 0.2,
        "n_random_draws": 10,
        "lift": 2.0,
        "lift_interval": [1.5, 2.5],
    }
    said = spoken(learner)
    assert said is not None and "40\u00a0%" in said.values() and any("1.50–2.50" in str(v) for v in said.values())
    assert spoken({}) is None
    assert list(spoken({**learner, "lift": None}) or {}) == ["updates"]
