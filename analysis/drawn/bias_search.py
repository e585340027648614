"""Which prompts are biased, from the panels of a run: found by e-values, confirmed on fresh pictures.

Shapes: ``H`` hypotheses (prompts, or all prompts with one thing in common), ``K`` values, ``C`` cells, ``M`` pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from failscape.analysis.drawn.verification import are_kept, pictures_of
from failscape.analysis.statistics.bias import (
    IMAGES,
    JUDGE_DOUBT,
    MIN_IMAGES,
    Distance,
    confirmation_p,
    distances,
    judged_null,
    smallest_visible,
)
from failscape.analysis.statistics.e_values import e_benjamini_hochberg, log_e_values
from failscape.analysis.statistics.judge_error import Confusion, confusion
from failscape.analysis.statistics.multiple_testing import LEVEL, benjamini_hochberg
from failscape.analysis.statistics.units import with_verdict
from failscape.concepts.prompts.slots import slots_of
from failscape.envs.picture_mdp import PictureMDP
from failscape.records.artifacts import ArtifactStore
from failscape.rewards.pictures.attributes import AttributeReader
from failscape.rewards.pictures.bias import BiasReward

FRESH = 10**6  # number of the first panel that no item is
LABELLED = 40  # kept panels that the verifier reads, at most
CONFIRMED = 12  # hypotheses that are tried on fresh pictures, at most


class Hypothesis(NamedTuple):
    """Prompts whose pictures are counted together."""

    name: str
    cells: np.ndarray  # (C, 2) int64: group and row of the grid
    pooled: bool  # whether it is several prompts that have something in common


class Counted(NamedTuple):
    """What was counted so far, a row per hypothesis."""

    hypotheses: list[Hypothesis]
    counts: np.ndarray  # (H, K) int64 pictures by value


def counted(mdp: PictureMDP, reward: BiasReward, probes: pd.DataFrame) -> Counted:
    """Pictures of explored panels by prompt, by value of each slot and by prompt without its slots; each panel once."""
    rows = with_verdict(probes[(probes["point"] >= 0) & ~probes["held_out"].astype(bool)])
    rows = rows.drop_duplicates(["item", "point"])
    cells = rows[["group", "point"]].to_numpy(np.int64)
    counts = reward.compositions[rows["predicted"].to_numpy(np.int64)]
    found = _hypotheses(mdp, np.unique(cells, axis=0))
    known = {tuple(cell): counts[(cells == cell).all(axis=1)].sum(axis=0) for cell in np.unique(cells, axis=0)}
    totals = [np.sum([known[tuple(cell)] for cell in hypothesis.cells], axis=0) for hypothesis in found]
    return Counted(found, np.array(totals, np.int64).reshape(-1, len(reward.wanted)))


def _hypotheses(mdp: PictureMDP, cells: np.ndarray) -> list[Hypothesis]:
    """Each cell by itself; and, where there are several, all of one value of a slot, and all of a group."""
    levels = mdp.space.point(cells[:, 1])
    found = [
        Hypothesis(_prompt(mdp, group, point), cells[row : row + 1], False)
        for row, (group, point) in enumerate(cells.tolist())
    ]
    for axis, name in enumerate(slots_of(mdp.space.concepts)):
        concept = mdp.space.concepts[axis]
        for level in np.unique(levels[:, axis]).tolist():
            some = cells[levels[:, axis] == level]
            found.append(Hypothesis(f"all with {name} {concept.level_name(level)}", some, True))
    for group in np.unique(cells[:, 0]).tolist():
        found.append(Hypothesis(f"all of “{mdp.group_names[group]}”", cells[cells[:, 0] == group], True))
    several = {tuple(map(tuple, one.cells)): one for one in reversed(found)}  # of equal ones the cell itself
    return [one for one in found if several[tuple(map(tuple, one.cells))] is one]


def _prompt(mdp: PictureMDP, group: int, point: int) -> str:
    item = int(np.flatnonzero(mdp.items.group == group)[0])
    return mdp.prompts(mdp.at(np.array([item]), mdp.space.point(np.array([point])))).texts[0]


def bias_found(
    mdp: PictureMDP, reward: BiasReward, probes: pd.DataFrame, artifacts: ArtifactStore, images: int = IMAGES
) -> dict[str, Any]:
    """What the pictures of a run say of bias, and what fresh ones confirm.

    Plain values: ``attribute``, ``values``, ``wanted``, ``reader``, ``verifier`` (or None), ``labelled`` (the confusion
    matrix of the reader with the verifier as truth, on kept pictures; None without one), ``n`` (hypotheses),
    ``n_images``, ``images`` (fresh ones for each that is confirmed), ``visible`` (the smallest distance that they show,
    in the easiest direction; None where they show none), ``rows``, and ``n_queries``. A row: ``name``, ``counts``,
    ``raw``, ``distance``, ``low``, ``high``, ``log_e``, ``flagged`` (by e-BH), and where fresh pictures were drawn
    ``fresh``: the same figures of these, with ``p`` (adjusted), ``confirmed`` and ``verified`` (the verifier's counts).

    Args:
        mdp: what was explored.
        reward: of it.
        probes: of the run.
        artifacts: where its pictures are.
        images: fresh pictures of each hypothesis that is confirmed.
    """
    explored = counted(mdp, reward, probes)
    labelled = None if reward.verifier is None else _labelled(reward, reward.verifier, probes, artifacts)
    null = judged_null(reward.wanted, labelled)
    log_e = log_e_values(explored.counts, null)
    level = LEVEL if labelled is None else LEVEL - JUDGE_DOUBT
    flagged = e_benjamini_hochberg(log_e, level)
    told = _figures(distances(explored.counts, reward.wanted, labelled), explored.counts)
    rows = [
        {"name": one.name, **figures, "log_e": float(log_e[row]), "flagged": bool(flagged[row])}
        for row, (one, figures) in enumerate(zip(explored.hypotheses, told, strict=True))
    ]
    tried = [int(row) for row in np.argsort(-log_e, kind="stable") if flagged[row]][:CONFIRMED]
    fresh = _confirmed(mdp, reward, [explored.hypotheses[row] for row in tried], labelled, images)
    for row, figures in zip(tried, fresh, strict=True):
        rows[row]["fresh"] = figures
    visible = smallest_visible(images, max(1, len(tried) or len(rows)), reward.wanted, labelled).easiest
    return {
        "attribute": reward.reader.attribute,
        "values": list(reward.reader.values),
        "wanted": reward.wanted.tolist(),
        "reader": reward.reader.name,
        "verifier": None if reward.verifier is None else reward.verifier.name,
        "labelled": None if labelled is None else labelled.counts.tolist(),
        "n": len(rows),
        "n_images": int(sum(n.sum() for one, n in zip(*explored, strict=True) if not one.pooled)),
        "images": images,
        "visible": float(visible) if np.isfinite(visible) else None,
        "rows": sorted(rows, key=lambda row: ("fresh" not in row, -row["log_e"])),
        "n_queries": images * len(tried),
    }


def _labelled(
    reward: BiasReward, verifier: AttributeReader, probes: pd.DataFrame, artifacts: ArtifactStore
) -> Confusion:
    """How the reader errs on kept pictures, if the verifier is right; those on which it abstains say nothing."""
    kept = probes[(probes["point"] >= 0) & are_kept(probes, artifacts)].drop_duplicates("output_text")
    rows = kept.iloc[np.unique(np.linspace(0, len(kept) - 1, LABELLED).astype(int))] if len(kept) else kept
    if not len(rows):
        return confusion(np.zeros(0, int), np.zeros(0, int), len(reward.wanted))
    strips = pictures_of(artifacts, rows["output_text"].tolist())
    pictures = torch.cat([torch.stack(strip.chunk(reward.size, dim=2)) for strip in strips])
    true, judged = verifier(pictures), reward.reader(pictures)
    return confusion(true[true >= 0], judged[true >= 0], len(reward.wanted))


def _confirmed(
    mdp: PictureMDP, reward: BiasReward, tried: Sequence[Hypothesis], labelled: Confusion | None, images: int
) -> list[dict[str, Any]]:
    """Fresh pictures of each hypothesis, which had no part in choosing it."""
    if not tried:
        return []
    drawn = [_fresh(mdp, reward, one, images) for one in tried]
    counts, verified = (np.array([one[place] for one in drawn], np.int64) for place in (0, 1))
    null = judged_null(reward.wanted, labelled)
    enough = counts.sum(axis=1) >= MIN_IMAGES
    p = np.ones(len(tried))
    p[enough] = confirmation_p(counts[enough], null) if enough.any() else []
    confirmed, adjusted = benjamini_hochberg(p, LEVEL)
    figures = _figures(distances(counts, reward.wanted, labelled), counts)
    return [
        {**one, "p": float(adjusted[row]), "confirmed": bool(confirmed[row]), "verified": verified[row].tolist()}
        for row, one in enumerate(figures)
    ]


def _fresh(mdp: PictureMDP, reward: BiasReward, one: Hypothesis, images: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of fresh pictures of prompts, evenly over its cells, by the reader and by the verifier."""
    n_panels = -(-images // reward.size)
    cells = one.cells[np.arange(n_panels) * len(one.cells) // n_panels % len(one.cells)]
    items = np.array([np.flatnonzero(mdp.items.group == group)[0] for group in cells[:, 0]])
    state = mdp.at(items, mdp.space.point(cells[:, 1]))
    inputs = mdp.prompts(state).inputs
    inputs[:, 1] = FRESH + np.arange(n_panels)
    outputs = mdp.target(inputs)
    counts = reward.count(outputs)  # type: ignore[arg-type]
    second = counts if reward.verifier is None else reward.count(outputs, reward.verifier)  # type: ignore[arg-type]
    return counts.sum(axis=0), second.sum(axis=0)


def _figures(found: Distance, counts: np.ndarray) -> list[dict[str, Any]]:
    return [
        {
            "counts": counts[row].tolist(),
            "raw": _plain(found.raw[row]),
            "distance": _plain(found.distance[row]),
            "low": float(found.low[row]),
            "high": float(found.high[row]),
        }
        for row in range(len(counts))
    ]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
