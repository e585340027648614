"""Landscapes whose truth is known, drawn so that there is something for an explorer to find.

Shapes: ``B`` batch, ``K`` concepts.
"""

from collections.abc import Callable

import numpy as np
import torch

from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.data.batch import Rows
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import PlantedEvaluator
from failscape.envs.tasks.toy import Shift, ToyTarget
from failscape.rewards import CLASSIFICATION_REWARDS

Rule = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # items, classes (B,), points (B, K) -> (B,) bool


class Along(Shift):
    """Shifts a coordinate that the target does not look at."""

    name, axis = "along", 1


class Across(Along):
    name, axis = "across", 2


class Sure(torch.nn.Module):
    """Reads the class off the first coordinate, which no edit touches."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, C)``."""
        return -4 * (inputs[:, :1] - torch.arange(self.n_classes)).square()


class RuledEvaluator(PlantedEvaluator):
    """Answers that are wrong where a rule says so."""

    def __init__(self, mdp: ConceptMDP, rule: Rule) -> None:
        super().__init__(mdp.evaluator, mdp.items.batch.right_answer, [])
        self.rule, self.group = rule, mdp.items.group

    def flipped(self, items: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Where the rule says so, ``(B,)``."""
        return self.rule(items, self.group[items], points)


def ruled(rule: Rule, explore: str = "macro", n_classes: int = 2, max_steps: int = 4) -> ConceptMDP:
    """A target that is never wrong, but where a rule says so."""
    rng = np.random.default_rng(0)
    labels = np.arange(100) % n_classes
    inputs = np.column_stack([labels, rng.normal(size=(100, 2))]).astype(np.float32)
    names = tuple(f"item-{i:03d}" for i in range(100))
    batch = Rows(torch.from_numpy(inputs), torch.from_numpy(labels))
    target = ToyTarget()
    target.module, target.class_names = Sure(n_classes), tuple(map(str, range(n_classes)))
    items = Items(batch, labels, names, rng.random(100) < 0.4, target.class_names)
    space = ConceptSpace([Along(), Across()])
    scheme = make_scheme(explore, space, items, max_steps=max_steps)
    mdp = ConceptMDP(target, space, items, CLASSIFICATION_REWARDS["margin"], scheme=scheme)
    return mdp.with_evaluator(RuledEvaluator(mdp, rule))
