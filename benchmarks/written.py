"""How much of a summarizer's speed an environment leaves, beside the library used by hand on the same articles."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from benchmarks.common import Row, unseen_actions
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP


def row(ratio: float) -> Row:
    """The figure that is to be shown of :func:`step_ratio`."""
    return Row("environment steps / library by hand", ratio, 0.9)


def step_ratio(mdp: ConceptMDP, num_envs: int, steps: int) -> tuple[float, float]:
    """Median seconds of the library by hand over those of an environment step, and queries/s of the environment."""
    envs, rng = ConceptVectorEnv(mdp, num_envs), np.random.default_rng(0)
    _, info = envs.reset(seed=0)
    seen: set[tuple[int, int]] = set()
    bare, stepped = [], []
    for step in range(steps + 3):
        items = info["item"].copy()
        actions = unseen_actions(items, mdp.space.n_points, seen, rng)
        state = mdp.at(items, mdp.space.point(actions))
        edited = mdp.edited(state, mdp.inputs(state)).inputs.tolist()
        seconds = [0.0, 0.0]
        for turn in (step % 2, 1 - step % 2):  # which goes first changes: the second finds warm caches
            start = time.perf_counter()
            if turn:
                _, _, _, _, info = envs.step(actions)
            else:
                by_hand(mdp.target, edited)
            seconds[turn] = time.perf_counter() - start
        if step >= 3:  # the first ones warm up
            bare.append(seconds[0])
            stepped.append(seconds[1])
    return float(np.median(bare) / np.median(stepped)), num_envs / float(np.median(stepped))


def by_hand(target: Any, articles: list[str]) -> list[str]:
    """Summaries as the library's own documentation writes them."""
    inputs = target.tokenizer(articles, padding=True, truncation=True, return_tensors="pt")
    inputs.pop("token_type_ids", None)
    with torch.inference_mode():
        tokens = target.module.generate(**inputs)
    return list(target.tokenizer.batch_decode(tokens, skip_special_tokens=True))
