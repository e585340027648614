"""A toy environment of exact integers: seconds to explore, known to the last bit. For tests and for trying things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from failscape.concepts.base import Concept
from failscape.concepts.space import ConceptSpace
from failscape.data.base import Items
from failscape.data.batch import Rows
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.mdp import ConceptMDP
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets.outputs import ClassifierOutputs


class Shift(Concept):
    """Adds ``strength`` to the first coordinate. Identity: 0."""

    name = "right"
    field = "values"
    unit = ""
    identity = 0.0
    limits = (-100.0, 100.0)
    default_levels = (-4, -2, 0, 2, 4)
    axis = 0

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        out = inputs.clone()
        out[:, self.axis] += torch.from_numpy(strengths).to(out)
        return out


class ShiftUp(Shift):
    """Adds ``strength`` to the second coordinate. Identity: 0."""

    name = "up"
    axis = 1


class Line(torch.nn.Module):
    """Two classes on the plane, told apart by the sign of ``x + y``."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, 2)``."""
        total = inputs.sum(dim=1).float()
        return torch.stack([-total, total], dim=1)


class ToyTarget:
    """A frozen :class:`Line`; its features are the inputs."""

    name = task = "toy"
    class_names: tuple[str, ...] = ("below", "above")

    def __init__(self) -> None:
        self.module: torch.nn.Module = Line()
        self.n_queries = 0
        self.n_forwards = 0

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        """Logits and features ``(B, 2)`` each."""
        self.n_queries += len(inputs)
        self.n_forwards += 1
        return ClassifierOutputs(self.module(inputs), inputs.float())

    def __repr__(self) -> str:
        return "ToyTarget(2 classes)"


def toy_items(n: int = 40, seed: int = 0) -> Items:
    """Integer points on both sides of the line, at distance 1 to 5; every fifth is held out."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    x = rng.integers(-5, 6, size=n)
    y = -x + (2 * labels - 1) * rng.integers(1, 6, size=n)
    names = tuple(f"toy-{i:03d}" for i in range(n))
    batch = Rows(torch.from_numpy(np.stack([x, y], axis=1)), torch.from_numpy(labels))
    return Items(batch, labels, names, np.arange(n) % 5 == 0, ToyTarget.class_names)


def make_mdp(reward: str = "margin", explore: str = "macro") -> ConceptMDP:
    """The toy MDP: 25 points, 40 items."""
    space, items = ConceptSpace([Shift(), ShiftUp()]), toy_items()
    scheme = make_scheme(explore, space, items)
    return ConceptMDP(ToyTarget(), space, items, CLASSIFICATION_REWARDS[reward], scheme=scheme)
