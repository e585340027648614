"""Pictures that a text-to-image model learns: its own right ones where it fails, a person's, its own elsewhere.

Shapes: ``N`` pictures, ``B`` batch, ``H, W`` pixels, ``P`` points, ``G`` groups.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from failscape.concepts.space import UNEDITED
from failscape.data.base import Unreadable
from failscape.data.pairs.captioned import open_captioned
from failscape.data.prompts.batch import Prompts
from failscape.envs.picture_mdp import PictureMDP
from failscape.errors import UsageError
from failscape.mitigation.sampling import Failures, draw_points
from failscape.rewards.pictures.reward import PictureReward
from failscape.targets.outputs import PictureOutputs

METADATA = ("metadata.csv", "metadata.jsonl")  # of Hugging Face's imagefolder
BATCH = 16  # pictures that are asked for at a time; the target draws as many at once as its URI says
TRIES = 8  # pictures drawn for each right one that is wanted, at most
FRESH = (2**40, 2**62)  # numbers of pictures that no item has: their noise is nobody else's
PLAIN = 0.25  # share of the pictures of other prompts that are of prompts as nobody fills their slots


class Lesson(NamedTuple):
    """Pictures, and what is asked for."""

    prompts: list[str]  # (N,)
    pixels: torch.Tensor  # (N, 3, H, W) uint8, on the host

    def take(self, rows: np.ndarray) -> Lesson:
        """Some of them."""
        return Lesson([self.prompts[row] for row in rows.tolist()], self.pixels[torch.from_numpy(rows)])


def joined(lessons: Sequence[Lesson]) -> Lesson:
    """Several as one."""
    prompts = [prompt for lesson in lessons for prompt in lesson.prompts]
    return Lesson(prompts, torch.cat([lesson.pixels for lesson in lessons]))


def given_pictures(folder: str, size: tuple[int, int]) -> Lesson:
    """The pictures of a folder, each cut to ``size`` (height, width) [px] around its middle, and their captions.

    Args:
        folder: has ``metadata.csv`` or ``metadata.jsonl`` with the columns ``file_name`` and ``text`` or ``prompt``.
        size: of the pictures that the model draws.

    Raises:
        UsageError: there is no such folder, it names no captions, or one of its pictures cannot be read.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise UsageError(f"there is no folder {folder}; --set images=FOLDER takes one with pictures and {METADATA[0]}")
    table = next((root / name for name in METADATA if (root / name).is_file()), None)
    if table is None:
        raise UsageError(
            f"{folder} has no captions; write {METADATA[0]} into it, with the columns file_name and prompt"
        )
    source = open_captioned(str(table))
    if source.skipped:
        raise UsageError(f"{source.skipped[0].name} of {folder} cannot be learned: {source.skipped[0].reason}")
    pixels = []
    for row, name in enumerate(source.names):
        try:
            picture = ImageOps.fit(source.load(row), size[::-1], Image.Resampling.BICUBIC)
        except Unreadable as reason:
            raise UsageError(f"{name} of {folder} cannot be read as a picture: {reason}") from None
        pixels.append(torch.from_numpy(np.array(picture)).permute(2, 0, 1))
    return Lesson([source.caption(row) for row in range(len(source.names))], torch.stack(pixels))


def right_pictures(
    mdp: PictureMDP, failures: Sequence[Failures], items: np.ndarray, n: int, rng: np.random.Generator
) -> Lesson:
    """What the target draws where it fails, of fresh noise, and the scorer finds right: up to ``n`` pictures.

    Raises:
        UsageError: none of ``TRIES * n`` pictures is right.
    """
    own, found, reward = concerned(mdp, failures, items), [], mdp.reward
    assert isinstance(reward, PictureReward)
    for size in _sizes(TRIES * n):
        rows = rng.choice(own, size)
        points = mdp.space.point(draw_points(failures, mdp.items.group[rows], rng))
        prompts, outputs = _drawn(mdp, rows, points, rng)
        scored = reward.scorer(prompts, outputs.pictures)
        right = (scored.wrong == 0) & ~np.isnan(scored.score) & ~outputs.withheld
        found.append(Lesson(prompts.texts, outputs.pictures).take(np.flatnonzero(right)))
        if sum(len(lesson.prompts) for lesson in found) >= n:
            break
    lesson = joined(found)
    if not lesson.prompts:
        raise UsageError(
            f"none of {TRIES * n:,} pictures that {mdp.target.name} drew where it fails is right, so it cannot learn "
            "from its own; give it others: --set images=FOLDER"
        )
    return lesson.take(np.arange(min(n, len(lesson.prompts))))


def other_pictures(
    mdp: PictureMDP, failures: Sequence[Failures], items: np.ndarray, n: int, rng: np.random.Generator
) -> Lesson:
    """``n`` pictures of prompts that no failure mode holds, right or wrong, as the target draws them: what is to stay.

    Some are of prompts as nobody fills their slots; all are where modes hold every point.
    """
    held, found = _held(mdp, failures), []
    for size in _sizes(n):
        rows = rng.choice(items, size)
        points = np.full((len(rows), len(mdp.space.shape)), UNEDITED)
        for place, group in enumerate(mdp.items.group[rows].tolist()):
            free = np.flatnonzero(~held[:, group])
            if len(free) and rng.random() >= PLAIN:
                points[place] = mdp.space.point(rng.choice(free, 1))[0]
        prompts, outputs = _drawn(mdp, rows, points, rng)
        found.append(Lesson(prompts.texts, outputs.pictures).take(np.flatnonzero(~outputs.withheld)))
    return joined(found)


def concerned(mdp: PictureMDP, failures: Sequence[Failures], items: np.ndarray) -> np.ndarray:
    """Those of the items ``(B,)`` of whose group a mode holds some point; all where there is none."""
    own = items[_held(mdp, failures)[:, mdp.items.group[items]].any(axis=0)]
    return own if len(own) else items


def _sizes(n: int) -> list[int]:
    """``n`` pictures in batches."""
    return [min(BATCH, n - start) for start in range(0, n, BATCH)]


def _held(mdp: PictureMDP, failures: Sequence[Failures]) -> np.ndarray:
    """Which points the modes hold of which group: ``(P, G)`` bool."""
    held = np.zeros((mdp.space.n_points, len(mdp.group_names)), bool)
    for mode in failures:
        held[np.ix_(mode.points, np.array(mode.classes or range(held.shape[1]), np.int64))] = True
    return held


def _drawn(
    mdp: PictureMDP, items: np.ndarray, points: np.ndarray, rng: np.random.Generator
) -> tuple[Prompts, PictureOutputs]:
    """Pictures of prompts as items ``(B,)`` are at points ``(B, K)``, of fresh noise."""
    prompts = mdp.prompts(mdp.at(items, points))
    fresh = dataclasses.replace(prompts, number=rng.integers(*FRESH, size=len(items)))
    outputs = mdp.target(fresh.inputs)
    assert isinstance(outputs, PictureOutputs)
    return fresh, outputs
