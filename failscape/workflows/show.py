"""One probe of a run, made again: the item, the edit, and what the target says of it now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from failscape.analysis.examples.base import Example, ExampleContext
from failscape.analysis.examples.presenter import Presenter
from failscape.analysis.examples.registry import examples_of
from failscape.common.atomic_write import write_all
from failscape.common.visible import visible
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import recorded_state
from failscape.envs.state import Outcome
from failscape.errors import UsageError
from failscape.records.artifacts import reference_to
from failscape.workflows.environment import Tell
from failscape.workflows.run import Run


def show_probe(
    folder: Path | str,
    probe: int,
    *,
    out: Path | None = None,
    imports: Sequence[str] = (),
    step: Tell | None = None,
) -> tuple[str, bool]:
    """A text about the probe, and whether the target answers now as it did then.

    A picture is written beside it, or a text, as the items are.

    Raises:
        UsageError: the run has no such probe, or its target or data cannot be loaded or have changed.
    """
    run = Run(folder)
    probes = run.probes()
    if probe not in probes.index:
        raise UsageError(f"{folder} has no probe {probe}; its probes are 0 to {len(probes) - 1}")
    row = probes.loc[[probe]]
    mdp = run.rebuild(imports, step)
    state = recorded_state(mdp, row)
    now = mdp.keeping(reference_to).evaluate(mdp.probes(state))
    agrees = answers_alike(now, row)
    lines = [f"probe {probe} of {run.folder.path}"]
    if run.settings.human_model:
        lines.append(f"reward   {run.settings.human_model}")
    context = ExampleContext.of(mdp, run.folder.artifacts)
    shown = examples_of(row, run.items(), context)
    presenter = shown.presenter
    lines += presenter.describe(shown[0]) + presenter.now(context, now)
    lines.append(f"{presenter.medium:<8} {save(presenter, shown[0], run, out)}")
    lines.append("the same as recorded" if agrees else f"NOT the same as recorded: {why_not(mdp)}")
    return "\n".join(map(visible, lines)), agrees


def why_not(mdp: ConceptMDP) -> str:
    """Why items and weights that are those of a run may be answered otherwise than then."""
    said = mdp.baseline.caveats.tolist()
    return said[0] if said else "code, device or versions of libraries have changed since"


def answers_alike(now: Outcome, row: pd.DataFrame) -> bool:
    """Whether an answer is the recorded one: the class, and every word of a text."""
    same = bool(now.predicted[0] == row["predicted"].iloc[0])
    return same and bool(now.output_text[0] == row["output_text"].fillna("").iloc[0])


def save(presenter: Presenter[Any], example: Example, run: Run, out: Path | None = None) -> Path:
    """Write an example where a person can look at it, by default in the run's folder; returns where."""
    path = out or run.folder / "exemplars" / f"{example.probe}{presenter.suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_all([(path, lambda path: presenter.write(example, path))])
    return path
