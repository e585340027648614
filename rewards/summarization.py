"""Rewards for summarizers: a summary fails where an edit made it clearly worse, and its length alone wins nothing.

Shapes: ``B`` batch, ``N`` items, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from failscape.common.references import references_of
from failscape.concepts.label_effect import INVALIDATED, PRESERVED, TRANSFORMED, preserved
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.base import Evaluation, Judgement
from failscape.rewards.text_metrics.facts import missing_and_wrong
from failscape.rewards.text_metrics.metrics import METRICS, closest, fsrl_formula, similarity_by
from failscape.rewards.text_metrics.per_pair import Metric

ANSWERS = ("as it should be", "nothing", "other numbers", "other names", "other words")
KINDS = {
    "drop": "the share of the unedited summary's score that the edit costs",
    "score": "how far the score lies below what summaries of unedited articles reach",
    "fsrl": "the formula of Failures Are Fated, to compare with: BLEU times the growth of the article",
}
POOR = 0.05  # share of the summaries of unedited articles that count as poor
DROPS = (0.1, 0.9)  # bounds of the drop that counts as a failure
FSRL_BLEU = 10.0  # FSRL's baselines call a summary failed below it


class FailureThreshold(NamedTuple):
    """Where a failure begins, as the summaries of unedited articles say."""

    score: float  # below it a summary is poor
    drop: float  # share of its score that a summary may lose


class Unedited(NamedTuple):
    """What the target wrote of the unedited articles, and how good that was."""

    output_text: np.ndarray  # (N,) str
    scores: np.ndarray  # (N,) float32 in [0, 1], beside the references


Effects = Callable[[np.ndarray], np.ndarray]  # points (B, K) in, what their edits do to the reference (B,) out


def calibrate(scores: np.ndarray) -> FailureThreshold:
    """The bar that summaries of unedited articles set: ``(N,) -> FailureThreshold``.

    One summary in twenty is poor. A drop counts where it would bring a middling summary down to a poor one, at
    least a tenth and at most nine tenths.
    """
    if not len(scores):
        return FailureThreshold(0.0, 0.5)
    poor, middling = np.quantile(scores, [POOR, 0.5])
    drop = 1 - poor / middling if middling > 0 else 0.5
    return FailureThreshold(float(poor), float(np.clip(drop, *DROPS)))


class SummaryReward:
    """A reward in [-1, 1], positive where the summary of the edited article fails.

    The summary is scored beside the reference as the edit left it; where an edit may have invalidated it, or
    where there is none, beside the summary of the unedited article. Where neither says what is right, since the edit
    changed what the article tells and nothing that the summary is compared with, it never fails. ``drop`` compares the
    score with that of the unedited article, ``score`` with the threshold. Severity is 0 where nothing is lost, one half
    at the threshold and 1 where all is lost; the reward is the same scale brought to [-1, 1]. A summary of nothing
    fails, wherever summaries can.

    Args:
        kind: ``drop`` or ``score``.
        metric: how good a summary is beside another text.
        unedited: what was written of the unedited articles.
        threshold: where a failure begins.
        label_effect: of the edits at points on the reference; every edit preserves it where omitted.
        alike: says how alike unedited and edited articles are in meaning; not asked where omitted.
        meaning: likeness below which an edit that is said to preserve the reference is taken not to have done so:
            what follows is no failure of the target.
    """

    answer_names = ANSWERS

    def __init__(
        self,
        kind: str,
        metric: Metric,
        unedited: Unedited,
        threshold: FailureThreshold,
        label_effect: Effects = preserved,
        alike: Metric | None = None,
        meaning: float = 0.0,
    ) -> None:
        self.kind, self.metric, self.unedited, self.threshold = kind, metric, unedited, threshold
        self.label_effect, self.alike, self.meaning = label_effect, alike, meaning

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch whose outputs have ``texts`` ``(B,)``."""
        texts: np.ndarray = evaluation.outputs.texts
        wanted, usual = self._wanted(evaluation)
        scores = self.metric(texts, wanted)
        severity = self._severity(scores, usual)
        silent = np.array([not text.strip() for text in texts], bool)
        severity[silent] = 1
        severity[self._broken(evaluation) | self._unknown(evaluation)] = 0
        failed = severity > 0.5
        return _judgement(2 * severity - 1, failed, severity, kinds_of(texts, wanted, failed), scores)

    def _wanted(self, evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
        """What summaries are compared with ``(B,)``, and the scores that they have unedited ``(B,)``."""
        wanted, output_text = evaluation.edited.reference.copy(), self.unedited.output_text[evaluation.items]
        loose = np.array([not text for text in wanted], bool)
        if evaluation.points.shape[1]:
            loose |= self.label_effect(evaluation.points) == INVALIDATED
        wanted[loose] = output_text[loose]
        return wanted, np.where(loose, 1, self.unedited.scores[evaluation.items]).astype(np.float32)

    def _unknown(self, evaluation: Evaluation) -> np.ndarray:
        """Where nothing says what a summary should be now that an edit has changed what the article tells, ``(B,)``."""
        points = evaluation.points
        effects = self.label_effect(points) if points.shape[1] else preserved(points)
        return nothing_says(effects, evaluation.inputs, evaluation.edited)

    def _broken(self, evaluation: Evaluation) -> np.ndarray:
        """Where an edit did not keep the meaning although it is said to preserve the reference, ``(B,)`` bool."""
        before, after = evaluation.inputs.text, evaluation.edited.text
        if self.alike is None:
            return np.zeros(len(before), bool)
        kept = before == after
        if evaluation.points.shape[1]:
            kept |= self.label_effect(evaluation.points) != PRESERVED
        broken = ~kept
        broken[broken] = self.alike(after[broken], before[broken]) < self.meaning
        return np.asarray(broken)

    def _severity(self, scores: np.ndarray, usual: np.ndarray) -> np.ndarray:
        if self.kind == "score":
            lost, allowed = 1 - scores, 1 - self.threshold.score
        else:
            lost = np.where(usual > 0, 1 - scores / np.maximum(usual, 1e-9), scores <= 0).clip(0, 1)
            allowed = self.threshold.drop
        below = 0.5 * lost / max(allowed, 1e-9)
        above = 0.5 + 0.5 * (lost - allowed) / max(1 - allowed, 1e-9)
        return np.where(lost <= allowed, below, above).clip(0, 1).astype(np.float32)


def nothing_says(effects: np.ndarray, before: Any, after: Any) -> np.ndarray:
    """Where neither a reference nor the summary of the unedited article says what a summary should be, ``(B,)`` bool.

    Where an edit did not change the reference as it changed the article; where it did, and another one may have taken
    away what the reference tells; and where it changed an article that has no reference.

    Args:
        effects: of the edits on the reference ``(B,)``.
        before: the unedited articles.
        after: the same as the edits left them.
    """
    told_otherwise = (effects == INVALIDATED) & (after.reference != before.reference)
    alone = (effects == TRANSFORMED) & (after.reference == "") & (after.text != before.text)
    unknown: np.ndarray = ~after.kept | told_otherwise | alone
    return unknown


class FsrlReward:
    """FSRL's reward for summaries and its rule of failure (arXiv 2406.07145, released code); unbounded.

    Severity is by how far BLEU lies below ``FSRL_BLEU``: one half at it, 1 at zero, less above.
    """

    answer_names = ANSWERS

    threshold = None
    label_effect = staticmethod(preserved)

    def __init__(self, metric: Metric) -> None:
        self.metric = metric

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch whose outputs have ``texts`` ``(B,)``."""
        texts: np.ndarray = evaluation.outputs.texts
        reward, bleu = fsrl_formula(evaluation.inputs.text, evaluation.edited.text, texts)
        failed = bleu < FSRL_BLEU
        severity = np.where(failed, 1 - 0.5 * bleu / FSRL_BLEU, 0.5 * FSRL_BLEU / np.maximum(bleu, FSRL_BLEU))
        wanted = evaluation.edited.reference
        return _judgement(reward, failed, severity, kinds_of(texts, wanted, failed), self.metric(texts, wanted))


def kinds_of(texts: Sequence[str] | np.ndarray, wanted: Sequence[str] | np.ndarray, failed: np.ndarray) -> np.ndarray:
    """What is wrong with summaries, as indices of ``ANSWERS``: ``(B,) -> (B,)`` int64."""
    kinds = np.zeros(len(failed), np.int64)
    for i in np.flatnonzero(failed):
        text, reference = str(texts[int(i)]), str(wanted[int(i)])
        kinds[i] = _kind(text, references_of(reference)[closest(text, reference)])
    return kinds


def _kind(text: str, wanted: str) -> int:
    if not text.strip():
        return ANSWERS.index("nothing")
    missing, invented = missing_and_wrong(text, wanted)
    odd = [*missing, *invented]
    if any(any(sign.isdigit() for sign in fact) for fact in odd):
        return ANSWERS.index("other numbers")
    return ANSWERS.index("other names" if odd else "other words")


def _judgement(
    reward: np.ndarray, failed: np.ndarray, severity: np.ndarray, kinds: np.ndarray, scores: np.ndarray
) -> Judgement:
    columns: list[Any] = [reward.astype(np.float32), failed, severity.astype(np.float32), kinds, scores, scores]
    return Judgement(*(torch.from_numpy(np.ascontiguousarray(column)) for column in columns))


def parse_reward(text: str) -> tuple[str, Metric]:
    """``drop``, ``score:bleu``, ``fsrl`` as a kind and a metric; ROUGE-L unless it says otherwise.

    ``drop:similarity=ADDRESS`` compares meanings by the encoder of that address, which is loaded here.

    Raises:
        UsageError: there is no such kind or metric, with the closest one.
    """
    kind, _, name = text.partition(":")
    if kind not in KINDS:
        raise UsageError(f"no reward {text!r}{did_you_mean(kind, KINDS)}")
    metric, _, encoder = name.partition("=")
    if metric == "similarity" and encoder and kind != "fsrl":
        return kind, similarity_by(encoder)
    if name and (name not in METRICS or kind == "fsrl"):
        raise UsageError(f"the reward {kind} takes no {name!r}{did_you_mean(name, METRICS)}")
    return kind, METRICS[name or "rouge"]
