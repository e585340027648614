"""An evaluator that reads: each item's answer was judged long ago.

Shapes: ``B`` batch.
"""

from __future__ import annotations

import numpy as np

from failscape.data.batch import Answers
from failscape.envs.state import Outcome, Probes


class RecordedEvaluator:
    """Looks verdicts up.

    Args:
        answers: the rows of the table.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def evaluate(self, probes: Probes) -> Outcome:
        """The verdicts of the rows that are asked for."""
        rows = probes.items[:, 0]
        failed, score = self.answers.failed[rows], self.answers.score[rows]
        n = len(rows)
        # Half of the severity is the failure itself, as with rewards of other families; the rest is how wrong it is.
        severity = np.where(failed, 0.5 + 0.5 * (1 - score), 0.5 * (1 - score)).astype(np.float32)
        return Outcome(
            reward=2 * severity - 1,
            failed=failed,
            severity=severity,
            predicted=failed.astype(np.int64),
            confidence=score,  # a table says nothing of how sure an answer was
            score=score,
            output_text=np.full(n, "", object),
            input_truncated=np.zeros(n, bool),
        )
