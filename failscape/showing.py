"""One probe of a run, made again: the item, the edit, and what the target says of it now."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from failscape.analysis.exemplars import Exemplar, exemplars
from failscape.building import build
from failscape.envs.recording import recorded_state
from failscape.errors import UsageError
from failscape.runs import Run

SIDE = 336  # shown pictures are enlarged to about this many pixels


def show_probe(
    folder: Path | str, probe: int, *, out: Path | None = None, imports: Sequence[str] = ()
) -> tuple[str, bool]:
    """A text about the probe, and whether the target answers now as it did then; writes a picture beside it.

    Raises:
        UsageError: the run has no such probe, or its target or data cannot be loaded.
    """
    run = Run(folder)
    probes = run.probes()
    if probe not in probes.index:
        raise UsageError(f"{folder} has no probe {probe}; its probes are 0 to {len(probes) - 1}")
    row = probes.loc[[probe]]
    settings = dataclasses.replace(run.settings, imports=list(imports) or run.settings.imports)
    mdp = build(settings, looks=run.folder / "looks.npz").mdp
    item = int(row["item"].iloc[0])
    name = row["name"].iloc[0]
    if item >= len(mdp.items) or mdp.items.names[item] != name:
        raise UsageError(f"the data has changed: item {item} was {name}")
    state = recorded_state(mdp, row)
    now = mdp.evaluate(state)
    agrees = bool(now.predicted[0] == row["predicted"].iloc[0])
    names = getattr(mdp.target, "class_names", ())
    lines = [f"probe {probe} of {run.folder.path}"]
    if mdp.items.inputs.ndim == 4:
        example = exemplars(row, run.items(), mdp.items, mdp.space, names)[0]
        path = out or run.folder / "exemplars" / f"{probe}.png"
        save_picture(example, path)
        lines += describe(example)
        lines.append(f"now      {names[int(now.predicted[0])]} ({now.confidence[0]:.1%})")
        lines.append(f"picture  {path}")
    else:
        lines.append(f"item     {name}, {mdp.space.label(state.points[0])}")
    lines.append(
        "the same as recorded" if agrees else "NOT the same as recorded: target, data or versions have changed"
    )
    return "\n".join(lines), agrees


def describe(example: Exemplar) -> list[str]:
    """What a person wants to know of an exemplar."""
    verdict = "wrong" if example.failed else "right"
    return [
        f"item     {example.name}, a {example.truth}",
        f"edit     {example.edit}",
        f"before   {example.said_before}",
        f"after    {example.said} ({example.confidence:.1%}): {verdict}",
    ]


def save_picture(example: Exemplar, path: Path) -> None:
    """Before and after side by side, enlarged without smoothing where small."""
    factor = max(1, SIDE // example.before.shape[0])
    both = [np.repeat(np.repeat(image, factor, 0), factor, 1) for image in (example.before, example.after)]
    gap = np.full((both[0].shape[0], 12, 3), 255, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([both[0], gap, both[1]], axis=1)).save(path)
