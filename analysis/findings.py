"""What a family tells of a run beside its failure modes, measured once at the end of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd
from markupsafe import Markup

from failscape.analysis.modes.mode import Mode
from failscape.common.task import resolved, task_named
from failscape.envs.mdp import ConceptMDP
from failscape.records.artifacts import ArtifactStore


class Findings(Protocol):
    """What ``Task.findings`` names: a class without arguments."""

    def measure(
        self, mdp: ConceptMDP, probes: pd.DataFrame, modes: Sequence[Mode], artifacts: ArtifactStore, seed: int
    ) -> dict[str, Any]:
        """Plain values, which ``summary.json`` keeps.

        Args:
            mdp: what was explored.
            probes: of the run.
            modes: that were found, in their order.
            artifacts: what the target put out that is no text.
            seed: of everything that is drawn.
        """
        ...

    def html(self, found: Mapping[str, Any]) -> Markup:
        """What the report says of them, below the failure modes."""
        ...

    def lines(self, found: Mapping[str, Any]) -> list[str]:
        """What the terminal says of them."""
        ...

    def doubts(self, found: Mapping[str, Any]) -> list[str]:
        """What a reader should doubt because of them, a sentence each."""
        ...


def findings_of(task: str) -> Findings | None:
    """What a family tells beside failure modes; None where it tells nothing more."""
    record = task_named(task)
    if record is None or record.findings is None:
        return None
    made: Findings = resolved(record.findings)()
    return made
