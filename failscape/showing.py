"""One probe of a run, made again: the item, the edit, and what the target says of it now."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from failscape.analysis.exemplars import Exemplar, PictureExemplar, Subject, TextExemplar, exemplars
from failscape.analysis.plots.style import percent
from failscape.analysis.text_exemplars import told_text
from failscape.building import Tell, build
from failscape.common.visible import visible, visible_text
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import recorded_state
from failscape.envs.state import Outcome
from failscape.errors import UsageError
from failscape.runs import Run

SIDE = 336  # shown pictures are enlarged to about this many pixels
WIDTH = 110  # letters of a line in a terminal
MARKS = "[-taken out, or missing-] {+put in, or not in what it is compared with+}"


def show_probe(
    folder: Path | str,
    probe: int,
    *,
    out: Path | None = None,
    imports: Sequence[str] = (),
    step: Tell | None = None,
) -> tuple[str, bool]:
    """A text about the probe, and whether the target answers now as it did then.

    A picture is written beside it, of an article a text.

    Raises:
        UsageError: the run has no such probe, or its target or data cannot be loaded.
    """
    run = Run(folder)
    probes = run.probes()
    if probe not in probes.index:
        raise UsageError(f"{folder} has no probe {probe}; its probes are 0 to {len(probes) - 1}")
    row = probes.loc[[probe]]
    settings = dataclasses.replace(run.settings, imports=list(imports) or run.settings.imports)
    mdp = build(settings, looks=run.folder / "looks.npz", progress=step).mdp
    item = int(row["item"].iloc[0])
    name = row["name"].iloc[0]
    if item >= len(mdp.items) or mdp.items.names[item] != name:
        raise UsageError(f"the data has changed: item {item} was {name}")
    state = recorded_state(mdp, row)
    now = mdp.evaluate(state)
    agrees = answers_alike(now, row, mdp)
    lines = [f"probe {probe} of {run.folder.path}"]
    shown = exemplars(row, run.items(), Subject.of(mdp))
    if shown:
        lines += describe(shown[0]) + now_lines(mdp, now)
        lines.append(f"{'picture ' if Subject.of(mdp).is_pictures else 'text    '} {save(shown[0], run, out)}")
    else:
        lines.append(f"item     {name}, {mdp.space.label(state.points[0])}")
    lines.append(
        "the same as recorded" if agrees else "NOT the same as recorded: target, data or versions have changed"
    )
    return "\n".join(map(visible, lines)), agrees


def answers_alike(now: Outcome, row: pd.DataFrame, mdp: ConceptMDP) -> bool:
    """Whether an answer is the recorded one: the class, or every word of a text."""
    same = bool(now.predicted[0] == row["predicted"].iloc[0])
    return same and (not Subject.of(mdp).is_texts or now.said[0] == row["said"].fillna("").iloc[0])


def now_lines(mdp: ConceptMDP, now: Outcome) -> list[str]:
    """What the target answers now."""
    if Subject.of(mdp).is_texts:
        return _wrapped([f"now      {now.said[0] or '(nothing)'} ({percent(float(now.truth[0]))})"])
    return [f"now      {mdp.answer_names[int(now.predicted[0])]} ({now.confidence[0]:.1%})"]


def save(example: Exemplar, run: Run, out: Path | None = None) -> Path:
    """Write an exemplar where a person can look at it, by default in the run's folder; returns where."""
    path = (
        out or run.folder / "exemplars" / f"{example.probe}{'.png' if isinstance(example, PictureExemplar) else '.txt'}"
    )
    if isinstance(example, PictureExemplar):
        save_picture(example, path)
    if isinstance(example, TextExemplar):
        save_text(example, path)
    return path


def describe(example: Exemplar) -> list[str]:
    """What a person wants to know of an exemplar."""
    if isinstance(example, TextExemplar):
        return _wrapped([*_about(example), *told_text(example.told)])
    verdict = "wrong" if example.failed else "right"
    return [
        f"item     {example.name}, a {example.truth}",
        f"edit     {example.edit}",
        f"before   {example.said_before}",
        f"after    {example.said} ({example.confidence:.1%}): {verdict}",
    ]


def _about(example: TextExemplar) -> list[str]:
    facts = f": it {example.told.facts}" if example.failed and example.told.facts else ""
    return [
        f"item     {example.name}, {example.truth}",
        f"edit     {example.edit}",
        f"verdict  {'FAILS' if example.failed else 'holds'}, {example.kind}{facts}",
        *(["read     not to its end: the edited article is too long"] if example.cut else []),
        f"beside   {example.told.beside}",
        f"marks    {MARKS}",
    ]


def _wrapped(lines: Sequence[str]) -> list[str]:
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False)
    return [wrapped for line in lines for wrapped in wrap.wrap(visible(re.sub(r"\s", " ", line)))]


def save_text(example: TextExemplar, path: Path) -> None:
    """The whole article with its marks, both summaries and the reference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = [*_about(example), *(f"\n{line}" for line in told_text(example.told, whole=True))]
    path.write_text(visible_text("\n".join(text)) + "\n", encoding="utf-8")


def save_picture(example: PictureExemplar, path: Path) -> None:
    """Before and after side by side, enlarged without smoothing where small."""
    factor = max(1, SIDE // example.before.shape[0])
    both = [np.repeat(np.repeat(image, factor, 0), factor, 1) for image in (example.before, example.after)]
    gap = np.full((both[0].shape[0], 12, 3), 255, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([both[0], gap, both[1]], axis=1)).save(path)
