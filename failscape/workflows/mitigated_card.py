"""The model card of a fine-tuned target."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

from failscape.analysis.statistics.paired_effects import Effect
from failscape.common.format import percent
from failscape.common.markdown import literal
from failscape.common.visible import visible
from failscape.mitigation import Fitted
from failscape.mitigation.paired_evaluation import BeforeAfter
from failscape.mitigation.trainers.base import Saved
from failscape.records.folder import write_whole
from failscape.workflows.mitigation_plan import Plan

CARD = Template((Path(__file__).parent / "mitigated_card.md").read_text(encoding="utf-8"))


def write_card(path: Path, plan: Plan, saved: Saved, fitted: Fitted, before_after: BeforeAfter) -> None:
    """Write the model card of a fine-tuned target."""
    rows = [before_after.targeted, *before_after.modes, before_after.untouched, before_after.clean]
    card = CARD.substitute(
        base=visible(plan.target),
        uri=visible(saved.uri),
        files=saved.files,
        run=visible(plan.run),
        meaning=plan.meaning,
        config=json.dumps(plan.config),
        best=fitted.best,
        epochs=len(fitted.history) - 1,
        n_weights=f"{fitted.n_weights:,}",
        modes="\n".join(f"- {number}: {literal(name)}" for number, name in zip(plan.numbers, plan.modes, strict=True)),
        effects="\n".join(f"| {literal(effect.what)} | {row_text(effect)} |" for effect in rows),
        score=f"| {before_after.clean_score.what}, unedited | {row_text(before_after.clean_score)} |",
        items=before_after.nouns.items,
        others=before_after.nouns.others,
        n_harmed=len(before_after.harmed),
        costs="".join(f" Beyond chance {cost}." for cost in before_after.costs),
        n_points=len(before_after.points),
        n_new=len(before_after.new_failures),
        n_right=before_after.n_right,
    )
    write_whole(path, card)


def row_text(effect: Effect) -> str:
    """Before, after, change with its interval, and the number of items, as cells of a Markdown table."""
    return (
        f"{percent(effect.before)} | {percent(effect.after)} | {100 * effect.change:+.1f} "
        f"({100 * effect.low:+.1f} to {100 * effect.high:+.1f}) | {effect.n}"
    )
