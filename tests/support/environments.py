"""Small environments, and what it means that two of them do the same."""

from typing import Any

import numpy as np
import torch
from gymnasium.vector import SyncVectorEnv
from torch import nn

import failscape as fs
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import State
from failscape.envs.tasks.toy import make_mdp

CLASSES = ["blue", "green", "red"]


def tiny_classifier() -> fs.Classifier:
    """An untrained network of three classes, always the same one."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 5, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 16, 3))
    transform = fs.Preprocess.resize(16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    return fs.Classifier(module, transform, CLASSES, name="tiny", device="cpu")


class LongMDP(ConceptMDP):
    """The toy with episodes of several jumps, which end where the target fails: slots fall out of step."""

    def terminal(self, state: State) -> np.ndarray:
        return state.score < 0.5


def long_mdp() -> ConceptMDP:
    toy = make_mdp()
    return LongMDP(toy.target, toy.space, toy.items, toy.reward)


def assert_same(a: Any, b: Any, where: str = "") -> None:
    """Equal to the last bit, in type and shape too, through dicts and arrays of objects."""
    assert type(a) is type(b), where
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, tuple) or (isinstance(a, np.ndarray) and a.dtype == object):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    else:
        np.testing.assert_array_equal(a, b, where)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None), where


def lockstep(ours: ConceptVectorEnv, reference: SyncVectorEnv, n_resets: int) -> int:
    """Step both alike until ``n_resets`` episodes ended; returns the steps it took."""
    assert_same(ours.reset(seed=11), reference.reset(seed=11), "reset")
    reference.action_space.seed(0)
    ended = steps = 0
    while ended < n_resets:
        actions = reference.action_space.sample()
        a, b = ours.step(actions), reference.step(actions)
        assert_same(a, b, f"step {steps}")
        ended, steps = ended + int((a[2] | a[3]).sum()), steps + 1
    return steps
