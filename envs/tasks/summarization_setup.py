"""What a summarizer is shown, what it makes of it unedited, and the reward that follows from that.

Shapes: ``N`` articles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from failscape.common.references import references_of
from failscape.concepts import ConceptSpace
from failscape.concepts.label_effect import TRANSFORMED
from failscape.data import Articles, length_groups, load_items, only_held_out, open_texts
from failscape.data.base import Items
from failscape.envs.baseline import BaselineOutputs, first_look
from failscape.envs.tasks.summarization_languages import check_encoder, check_metric
from failscape.errors import UsageError
from failscape.rewards.base import Reward
from failscape.rewards.summarization import (
    FailureThreshold,
    FsrlReward,
    SummaryReward,
    Unedited,
    calibrate,
    parse_reward,
)
from failscape.rewards.text_metrics.metrics import METRICS
from failscape.targets.outputs import Outputs
from failscape.targets.summarizers.base import SummarizerTarget

Progress = Callable[[str, int, int], None]
GROUPS = ("topic", "length")
MOST_SILENT = 0.5  # share of the articles that a summarizer may say nothing of
COUNTED = 50  # articles in which edits are tried before a run, to tell how often they do what they say
BATCH = 64  # articles between two words on how far it is


class Reading(NamedTuple):
    """Which articles are read."""

    groups: str = "topic"  # or length: what they are grouped by
    max_items: int = 1000
    held_out: float = 0.2
    unseen: bool = False  # only those that are held out otherwise
    seed: int = 0


class Judging(NamedTuple):
    """How summaries are judged."""

    reward: str  # its name
    threshold: FailureThreshold | None = None  # calibrated on unedited articles where there is none
    meaning: float | None = None  # likeness that an edited article must have for its failure to count


def read_articles(target: SummarizerTarget, spec: str | Path, how: Reading, progress: Progress | None = None) -> Items:
    """Articles and references as the target can read them, cut where they are too long for it; a note says how many.

    Raises:
        UsageError: the data cannot be found or read.
    """
    if progress:
        progress(f"opening {spec}", 0, 0)
    too_long: list[str] = []  # several threads append

    def prepare(item: tuple[str, str]) -> tuple[str, str]:
        prepared = target.prepare(item)
        if prepared[0] != item[0]:
            too_long.append(prepared[0])
        return prepared

    items = load_items(
        open_texts(spec),
        prepare,
        lambda fields, _: Articles(*fields),
        device="cpu",
        max_items=how.max_items,
        seed=how.seed,
        held_out_share=how.held_out,
        progress=(lambda done, total: progress("reading articles", done, total)) if progress else None,
    )
    if too_long:
        some = f"{len(too_long)} of {len(items)} articles"
        note = f"{some} are longer than {target.name} can read; the rest of each is left out"
        items = replace(items, notes=(*items.notes, note))
    if n_several := sum(len(references_of(reference)) > 1 for reference in articles_of(items).reference):
        note = f"{n_several} of {len(items)} articles have several references; the closest to a summary counts"
        items = replace(items, notes=(*items.notes, note))
    if how.groups == "length":
        labels, names = length_groups(articles_of(items).text)
        items = replace(items, group=labels, group_names=tuple(names))
    return only_held_out(items, how.held_out) if how.unseen else items


def articles_of(items: Items) -> Articles:
    """The items, known to be articles."""
    assert isinstance(items.batch, Articles)
    return items.batch


def look_and_judge(
    how: Judging, target: SummarizerTarget, items: Items, space: ConceptSpace, path: Path | None, progress: Any = None
) -> tuple[BaselineOutputs, Reward]:
    """What the target makes of the unedited articles, and the reward that this calibrates.

    Args:
        how: summaries are judged.
        target: the summarizer.
        items: what it is shown.
        space: the edits, which say what they do to the reference.
        path: keeps the looks; read instead of asking the target if it is there.
        progress: told how far it is.

    Raises:
        UsageError: the file is of other articles or weights, the target says nothing of most of them, or draws lots.
    """
    known = None if path is None or not path.exists() else BaselineOutputs.load(path, target, items)
    if known is not None:
        return known, judge_of(how, known.output_text.astype(object), items, space)
    outputs = look(target, items, progress)
    judge = judge_of(how, outputs.output_text(), items, space)
    baseline = BaselineOutputs.of(target, outputs, items, judge)
    if path is not None:
        baseline.save(path)
    return baseline, judge


def promise_caveats(items: Items, space: ConceptSpace) -> list[str]:
    """For how many articles the edits that change the reference, too, do not; a sentence for each such edit.

    Counted at the edit's greatest strength over some articles, evenly drawn.
    """
    rows = np.unique(np.linspace(0, len(items) - 1, min(COUNTED, len(items))).astype(np.int64))
    before, caveats = articles_of(items).take(rows).pair, []
    for edit in space.edits:
        if edit.label_effect != TRANSFORMED:
            continue
        after = edit.apply(before, np.full(len(rows), edit.levels[-1]), rows)
        kept = edit.kept_promise(before, after)
        assert kept is not None
        alone = (before[:, 1] == "") & (before[:, 0] != after[:, 0])
        n_same, n_broken = int((before == after).all(axis=1).sum()), int((~kept | alone).sum())
        if n_same or n_broken:
            counts = f"of {len(rows)} articles {n_same} have nothing that it edits and count as they are"
            broken = f", and in {n_broken} the reference does not follow the article: these are not judged"
            caveats.append(f"{edit.name}: {counts}{broken if n_broken else ''}")
    return caveats


def look(target: SummarizerTarget, items: Items, progress: Progress | None = None) -> Outputs:
    """Summaries and features of the unedited articles.

    Raises:
        UsageError: the target says nothing of most of them.
    """
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        if progress:
            progress("summarizing unedited articles", done, len(items))

    outputs = first_look(target, items, batch_size=BATCH, progress=tell)
    n_silent = sum(not text.strip() for text in outputs.output_text())
    if n_silent > MOST_SILENT * len(items):
        raise UsageError(
            f"{target.name} says nothing of {n_silent} of {len(items)} unedited articles: is it a summarizer, and does "
            "it need a prefix (?prefix=), or min_tokens?"
        )
    return outputs


def judge_of(how: Judging, output_text: np.ndarray, items: Items, space: ConceptSpace) -> Reward:
    """The reward, calibrated on the unedited articles that are not held out unless its bar is given."""
    kind, metric = parse_reward(how.reward)
    if kind == "fsrl" and how.meaning is not None:
        raise UsageError("--meaning goes with the rewards drop and score; fsrl is the paper's rule as it is")
    if kind == "fsrl":
        check_metric(kind, metric, articles_of(items).text)
        return FsrlReward(metric)
    wanted = articles_of(items).reference
    check_metric(kind, metric, np.where(wanted == "", output_text, wanted))
    scores = np.where(wanted == "", 1, metric(output_text, wanted)).astype(np.float32)
    threshold = how.threshold or calibrate(scores[~items.held_out & (wanted != "")])
    if kind == "score" and not threshold.score > 0:
        raise UsageError(
            "of the unedited summaries one in twenty or more scores 0, or there are no references, so no score is "
            "poorer than usual; take --reward drop, or another metric (score:chrf)"
        )
    alike = None if how.meaning is None else METRICS["similarity"]
    if alike is not None:
        check_encoder(articles_of(items).text, "leave --meaning out")
    unchanged = Unedited(output_text.astype(str), scores)
    return SummaryReward(kind, metric, unchanged, threshold, space.label_effect, alike, how.meaning or 0.0)
