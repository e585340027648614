"""What is told of targets that draw beside their failure modes: on the report, and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from failscape.analysis.drawn.bias_lines import bias_lines
from failscape.analysis.drawn.bias_search import bias_found
from failscape.analysis.drawn.confusions import confusions
from failscape.analysis.drawn.supersets import supersets
from failscape.analysis.drawn.verification import verification
from failscape.analysis.modes.mode import Mode
from failscape.analysis.pages import macro
from failscape.common.format import counted, interval, percent
from failscape.envs.mdp import ConceptMDP
from failscape.envs.picture_mdp import PictureMDP
from failscape.records.artifacts import ArtifactStore
from failscape.rewards.pictures.bias import BiasReward

OF_PICTURES = ("verification", "confusions", "supersets")
LEAST_AGREEMENT = 0.9  # of the verifier with the judge


class DrawnFindings:
    """Measures once, at the end of a run; page and lines are made from the plain values that it measured."""

    def measure(
        self, mdp: ConceptMDP, probes: pd.DataFrame, modes: Sequence[Mode], artifacts: ArtifactStore, seed: int
    ) -> dict[str, Any]:
        """Plain values: of pictures ``verification``, ``confusions`` and ``supersets``, of panels ``bias``.

        They are as the functions of these names say, or None. Beside them ``withheld``, the number of explored items
        without a verdict, of ``drawn``.
        """
        assert isinstance(mdp, PictureMDP)
        edited = probes[(probes["point"] >= 0) & ~probes["cached"]]
        found = {"withheld": int(edited["severity"].isna().sum()), "drawn": len(edited)}
        if isinstance(mdp.reward, BiasReward):
            return {**found, "bias": bias_found(mdp, mdp.reward, probes, artifacts), **dict.fromkeys(OF_PICTURES)}
        return {
            **found,
            "bias": None,
            "supersets": supersets(mdp, probes, seed),
            "verification": verification(mdp, mdp.reward, probes, modes, artifacts, seed),
            "confusions": confusions(mdp, mdp.reward.scorer, probes),
        }

    def html(self, found: Mapping[str, Any]) -> Markup:
        """A section of the report."""
        return macro("drawn_findings.html", "section")(found)

    def lines(self, found: Mapping[str, Any]) -> list[str]:
        """What the terminal says."""
        told = []
        checked = found["verification"]
        if found["bias"]:
            told += bias_lines(found["bias"])
        if checked and checked["n"]:
            told.append(
                f"{checked['verifier']} agrees with {checked['judge']} on {percent(checked['agree'])} of "
                f"{checked['n']} pictures"
            )
            told += [
                f"mode {mode['number']} by {checked['verifier']}: {percent(mode['verifier'])} fail "
                f"({interval(mode['low'], mode['high'])}) of {mode['n']} held-out pictures"
                for mode in checked["modes"]
            ]
        if found["supersets"]:
            told += superset_lines(found["supersets"])
        told += [f"most confused: {confused(row)}" for row in (found["confusions"] or [])[:3]]
        return told

    def doubts(self, found: Mapping[str, Any]) -> list[str]:
        """What a reader should doubt, a sentence each."""
        checked, doubts = found["verification"], []
        if found["withheld"]:
            doubts.append(
                f"{found['withheld']} of {found['drawn']} answers have no verdict: a safety checker withheld them, or "
                "the scorer says nothing of them; no rate counts them"
            )
        if checked and checked["n"] and checked["agree"] < LEAST_AGREEMENT:
            doubts.append(
                f"{checked['verifier']} agrees with {checked['judge']} on {percent(checked['agree'])} of "
                f"{checked['n']} pictures only: rates are the judge's"
            )
        return doubts


def superset_lines(found: Mapping[str, Any]) -> list[str]:
    """How many slots the smallest failing sets have, and how far a search for them may be trusted."""
    sizes = ", ".join(
        f"{n} {'picture' if n == 1 else 'pictures'} by {counted(size, 'slot')}"
        for size, n in enumerate(found["sizes"], 1)
        if n
    )
    held = f"{found['held']} of {found['n']} ({interval(found['low'], found['high'])})"
    return [
        f"smallest failing sets: {sizes}",
        f"supersets of a failing set that do not fail: {held}; the search assumes that there is none",
    ]


def confused(row: Mapping[str, Any]) -> str:
    """A confusion in words: ``color green drawn as yellow in 31 of 60 pictures (39–64 %), most with "a bus"``."""
    share = interval(row["low"], row["high"])
    what = "cannot be told" if row["read"] is None else f"drawn as {row['read']}"
    of = f"{row['n']} of {row['of']} pictures ({share}), most of “{row['group']}”"
    return f"{row['factor']} {row['asked']} {what} in {of}"
