"""What a second scorer says of pictures that were judged: it was not optimised, so it checks the one that was.

Shapes: ``B`` pictures.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

from failscape.analysis.modes.mode import Mode
from failscape.analysis.statistics.judge_error import Confusion, confusion, corrected_rates
from failscape.analysis.statistics.rates import wilson
from failscape.analysis.statistics.units import with_verdict
from failscape.data.prompts.batch import Prompts
from failscape.envs.picture_mdp import PictureMDP
from failscape.errors import UsageError
from failscape.records.artifacts import ArtifactStore
from failscape.records.probe_arrays import points_of
from failscape.rewards.pictures.base import Scorer
from failscape.rewards.pictures.reward import PictureReward

SAMPLE = 500  # kept pictures that the verifier judges, at most
PER_MODE = 100  # held-out pictures of a mode that are drawn for it
BATCH = 64


class Seen(NamedTuple):
    """What both scorers say of pictures: whether something is wrong, ``(B,)`` bool each."""

    judge: np.ndarray
    verifier: np.ndarray


def verification(
    mdp: PictureMDP,
    reward: PictureReward,
    probes: pd.DataFrame,
    modes: Sequence[Mode],
    artifacts: ArtifactStore,
    seed: int,
) -> dict[str, Any] | None:
    """How often the verifier agrees, and the rate of each confirmed mode by its verdicts; None without a verifier.

    Plain values: ``judge`` and ``verifier`` (names), ``n`` (kept pictures of the exploration, drawn evenly), ``table``
    (of them: rows the verifier's verdict, columns the judge's, first that it holds), ``agree``, ``phi`` (correlation of
    the verdicts; None where one of them never changes), ``modes`` (of each confirmed one ``number``, ``corrected``: the
    rate of its held-out pictures with its interval, corrected for what the table says that the judge gets wrong, if the
    verifier is right; and of ``n`` of them that were drawn once more the rates by ``judge`` and ``verifier``, the
    latter with the 95 % interval ``low`` to ``high``), and ``n_queries``.

    Args:
        mdp: what was explored.
        reward: of it, which has both scorers.
        probes: of the run.
        modes: of the run, in their order.
        artifacts: where its pictures are.
        seed: of the draws.
    """
    verifier = reward.verifier
    if verifier is None:
        return None
    rng = np.random.default_rng((seed, 11))
    kept = with_verdict(probes[(probes["point"] >= 0) & are_kept(probes, artifacts) & ~probes["cached"]])
    rows = kept.iloc[np.sort(rng.permutation(len(kept))[:SAMPLE])]
    seen = Seen(rows["failed"].to_numpy(bool), _second(mdp, verifier, rows, artifacts))
    found = confusion(seen.verifier.astype(int), seen.judge.astype(int), 2)
    confirmed = [(number, mode) for number, mode in enumerate(modes, 1) if mode.confirmed]
    tried = [
        {
            "number": number,
            "corrected": _corrected(mode, found),
            **_drawn_again(mdp, (reward.scorer, verifier), mode, rng),
        }
        for number, mode in confirmed
    ]
    return {
        "judge": reward.scorer.name,
        "verifier": verifier.name,
        "n": len(rows),
        "table": found.counts.tolist(),
        "agree": float((seen.judge == seen.verifier).mean()) if len(rows) else None,
        "phi": _phi(seen),
        "modes": tried,
        "n_queries": sum(mode["n"] for mode in tried),
    }


def judged_wrong(scorer: Scorer, prompts: Prompts, pictures: torch.Tensor) -> np.ndarray:
    """Whether a scorer finds something wrong with pictures ``(B, 3, H, W)`` uint8: ``(B,)`` bool."""
    parts = [slice(start, start + BATCH) for start in range(0, len(pictures), BATCH)]
    wrong = [scorer(prompts.take(np.arange(len(prompts))[part]), pictures[part]).wrong > 0 for part in parts]
    return np.concatenate([np.zeros(0, bool), *wrong])


def are_kept(probes: pd.DataFrame, artifacts: ArtifactStore) -> pd.Series:
    """Which probes have a picture that was kept."""
    return probes["output_text"].fillna("").map(artifacts.holds).astype(bool)


def pictures_of(artifacts: ArtifactStore, references: Sequence[str]) -> torch.Tensor:
    """Kept pictures by their references, ``(B, 3, H, W)`` uint8; there is at least one."""
    found = []
    for reference in references:
        with Image.open(io.BytesIO(artifacts.get(reference))) as file:
            found.append(torch.from_numpy(np.array(file.convert("RGB"))).permute(2, 0, 1))
    return torch.stack(found)


def _second(mdp: PictureMDP, verifier: Scorer, rows: pd.DataFrame, artifacts: ArtifactStore) -> np.ndarray:
    """What the verifier says of kept pictures of probes ``(B,)``."""
    if not len(rows):
        return np.zeros(0, bool)
    state = mdp.at(rows["item"].to_numpy(np.int64, copy=True), points_of(rows))
    return judged_wrong(verifier, mdp.prompts(state), pictures_of(artifacts, rows["output_text"].tolist()))


def _corrected(mode: Mode, found: Confusion) -> list[float] | None:
    """The rate of a mode, corrected, with its 95 % interval; None where the sample cannot say how the judge errs."""
    if not mode.n_probes or (found.labelled == 0).any():
        return None
    failures = np.array([mode.rate * mode.n_probes])
    try:
        rates = corrected_rates(failures, np.array([mode.n_probes]), found)
    except UsageError:  # the judge tells the verifier's verdicts apart no better than chance
        return None
    return [float(column[0]) for column in (rates.share, rates.low, rates.high)]


def _drawn_again(
    mdp: PictureMDP, scorers: tuple[Scorer, Scorer], mode: Mode, rng: np.random.Generator
) -> dict[str, Any]:
    """Held-out pictures of a mode's rule, by both scorers."""
    usable = mdp.items.held_out & (np.isin(mdp.items.group, mode.classes) if mode.classes else True)
    pairs = [(item, point) for item in np.flatnonzero(usable) for point in mode.points]
    chosen = np.array([pairs[i] for i in rng.permutation(len(pairs))[:PER_MODE]], np.int64).reshape(-1, 2)
    verdicts: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for start in range(0, len(chosen), BATCH):
        items, points = chosen[start : start + BATCH].T
        state = mdp.at(items, mdp.space.point(points))
        prompts, pictures = mdp.prompts(state), mdp.draw(state)
        for said, scorer in zip(verdicts, scorers, strict=True):
            said.append(judged_wrong(scorer, prompts, pictures))
    first, second = (np.concatenate([np.zeros(0, bool), *said]) for said in verdicts)
    low, high = (float(bound[0]) for bound in wilson(np.array([second.sum()]), np.array([len(second)])))
    return {
        "n": len(chosen),
        "judge": float(first.mean()) if len(first) else None,
        "verifier": float(second.mean()) if len(second) else None,
        "low": low,
        "high": high,
    }


def _phi(seen: Seen) -> float | None:
    if len(seen.judge) < 2 or len(set(seen.judge.tolist())) < 2 or len(set(seen.verifier.tolist())) < 2:
        return None
    return float(np.corrcoef(seen.judge, seen.verifier)[0, 1])
