"""The street world as incident reports with one-sentence summaries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.data.base import Skipped
from failscape.data.street.incident_text import report
from failscape.data.street.incidents import KINDS, Incident, draw_incident, summary


class ReportSource:
    """Incident reports and their summaries, grouped by what happened; labels index ``group_names``.

    Report ``i`` of a seed is the same whatever ``n`` is.
    """

    group_names: Sequence[str] = KINDS
    notes: tuple[str, ...] = ()

    def __init__(self, n: int = 4000, seed: int = 0) -> None:
        drawn = [_drawn(seed, index) for index in range(n)]
        self._texts = [(text, summary(incident)) for incident, text in drawn]
        self.names: Sequence[str] = [f"reports-{seed}-{index:06d}" for index in range(n)]
        self.labels: np.ndarray = np.array([KINDS.index(incident.kind) for incident, _ in drawn], np.int64)
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> tuple[str, str]:
        """Report ``index`` and its summary."""
        return self._texts[index]


def _drawn(seed: int, index: int) -> tuple[Incident, str]:
    rng = np.random.default_rng((seed, index))
    incident = draw_incident(rng)
    return incident, report(incident, rng)
