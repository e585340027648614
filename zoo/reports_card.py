"""Measures the checkpoint of ``embedded:street-reports`` and writes its card."""

from __future__ import annotations

from pathlib import Path
from string import Template

import numpy as np

from failscape.data.street.report_gaps import GAPS, TRAINED_EDITS
from failscape.envs.tasks.summarization import make_mdp
from failscape.targets.registry import load_target

HELD_OUT_WORLD = 0  # the seed of reports that were never trained on
REPORTS = 300
CARD = Template((Path(__file__).parent / "reports_card.md").read_text(encoding="utf-8"))


def write_card(folder: Path, **recipe: int) -> None:
    """Measures the checkpoint in ``folder`` and writes its ``README.md``; ``recipe`` is quoted there."""
    target = load_target(f"hf:{folder}", "cpu")
    spec = f"reports:?n={REPORTS}&seed={HELD_OUT_WORLD}"
    mdp = make_mdp(target, spec, max_items=REPORTS)
    space = mdp.space
    rows = []
    for k, edit in enumerate(space.edits):
        cells = []
        for level in range(space.shape[-1]):
            outcome = mdp.evaluate(mdp.at(np.arange(REPORTS), np.tile([k, level], (REPORTS, 1))))
            cells.append(f"{100 * outcome.score.mean():.1f} ({outcome.failed.mean():.0%})")
        rows.append(f"| {edit.name} | {kind(edit.name)} | {' | '.join(cells)} |")
    text = CARD.substitute(
        recipe,
        parameters=f"{sum(p.numel() for p in target.module.parameters()):,}",
        gaps="\n".join(f"- `{name}`: {', '.join(edits)}" for name, edits in GAPS.items()),
        n=REPORTS,
        clean=f"{100 * mdp.baseline.score.mean():.1f}",
        perfect=f"{(mdp.baseline.score > 0.999).mean():.0%}",
        drop=f"{mdp.reward.threshold.drop:.0%}",  # type: ignore[attr-defined] - of summaries
        rows="\n".join(rows),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def kind(name: str) -> str:
    """Whether an edit was trained, lies in a gap, or neither."""
    if name in TRAINED_EDITS:
        return "trained"
    return next((f"gap {gap}" for gap, edits in GAPS.items() if name in edits), "not trained")
