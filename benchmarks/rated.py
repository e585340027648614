"""A run with many failure modes, and raters with stated utilities: what ``benchmarks.feedback`` rates.

The street signs over mild edits, where they are nearly always right, and the slice ``class``; two boxes of edits are
planted for each of the sixteen classes, inside which most items of the class are taken for one other.

Shapes: ``B`` failures.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import gymnasium as gym
import numpy as np

import failscape as fs
from failscape.concepts import concept_space
from failscape.data.street import SIGNS
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.planted import Region, draw_regions, plant
from failscape.envs.tasks.image_classification import make_mdp
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run

MILD = ["brightness=0.9,0.95,1,1.05,1.1,1.15", "contrast=0.85,0.9,0.95,1,1.05,1.1", "saturation=0.8,0.9,1,1.1,1.2,1.3"]
PER_CLASS = 2
FAMILIES = {  # what signs a person may mind alike
    "right of way": ("stop", "yield", "no-entry", "priority-road"),
    "speed": ("speed-30", "speed-50", "speed-80"),
    "arrows": ("straight", "bear-left", "bear-right", "turn-left", "turn-right"),
    "bends": ("bend-left", "bend-right"),
    "people": ("crossing",),
    "parking": ("parking",),
}
FAMILY = np.array([next(i for i, signs in enumerate(FAMILIES.values()) if sign in signs) for sign in SIGNS])
MIDDLE, SPREAD = 5.5, 2.0  # of the utility over failures, in points of the scale


def class_regions(rng: np.random.Generator) -> list[Region]:
    """Boxes at least two levels apart for each class, the first axis; each with the class that it is taken for."""
    regions = []
    for label in range(len(SIGNS)):
        others = np.setdiff1d(np.arange(len(SIGNS)), [label])
        for box in draw_regions(concept_space(MILD), rng, PER_CLASS):
            regions.append(Region((label, *box.low), (label, *box.high), box.rate, int(rng.choice(others))))
    return regions


def planted_survey(out: Path, seed: int, budget: int) -> RatingSession:
    """A run of random exploration on disk, with its modes; seed decides regions and exploration."""
    mdp = make_mdp(concepts=["class", *MILD], max_items=3000)
    planted = plant(mdp, class_regions(np.random.default_rng(seed)), seed)
    envs = ConceptVectorEnv(planted, 64)
    envs.spec = gym.spec("failscape/Classifier-v0")
    run: Run = fs.explore(envs, "random", budget=budget, seed=seed, out=out, report=False)
    return RatingSession(run, planted)


class Utility(NamedTuple):
    """How undesirable a failure truly is to someone: a sum over the sign, what it is taken for, and the edit.

    The sum is of unit variance in each part, brought to a middle of 5.5 and a spread of 2 points over all failures.
    """

    truth: np.ndarray  # by family of the sign
    said: np.ndarray  # by family of what it is taken for
    edit: np.ndarray  # by coordinate of the point
    shift: float = 0.0
    scale: float = 1.0

    def __call__(self, design: np.ndarray) -> np.ndarray:
        """Undesirability without noise, on the scale from 1 to 10: ``(B, E) -> (B,)``."""
        raw = design @ np.concatenate([[0.0], self.truth, self.said, self.edit])
        return np.clip(MIDDLE + SPREAD * (raw - self.shift) / self.scale, 1, 10)


def design_of(group: np.ndarray, predicted: np.ndarray, edits: np.ndarray) -> np.ndarray:
    """Everything the utility is linear in: ``(B,), (B,), (B, D) -> (B, E)``, a column of ones first."""
    families = np.eye(len(FAMILIES))[FAMILY]
    return np.column_stack([np.ones(len(group)), families[group], families[predicted], edits])


def draw_utility(rng: np.random.Generator, designs: np.ndarray, n_coordinates: int) -> Utility:
    """A person: weights drawn evenly around zero; ``designs`` are of the failures that set middle and spread."""
    n = len(FAMILIES)
    drawn = Utility(rng.standard_normal(n), 0.5 * rng.standard_normal(n), 0.5 * rng.standard_normal(n_coordinates))
    raw = designs @ np.concatenate([[0.0], drawn.truth, drawn.said, drawn.edit])
    return drawn._replace(shift=float(raw.mean()), scale=float(raw.std()))


def class_design(group: np.ndarray, predicted: np.ndarray, edits: np.ndarray) -> np.ndarray:
    """What the utility is linear in to one who does not know which signs are minded alike: a column for each sign."""
    signs = np.eye(len(SIGNS))
    return np.column_stack([np.ones(len(group)), signs[group], signs[predicted], edits])


def ceiling(design: np.ndarray, labels: np.ndarray, noise: float, asked: np.ndarray, n_edits: int) -> np.ndarray:
    """What one who knows the form of the utility makes of the same labels: ``(n, E), (n,), (M, E) -> (M,)``.

    Bayesian linear regression on the true regressors with the true noise and spread of weights: no learner that is told
    less can be expected to do better.
    """
    half = (design.shape[1] - 1 - n_edits) // 2
    prior = np.array([10.0, *[SPREAD] * half, *[SPREAD / 2] * (half + n_edits)])
    noise = np.hypot(noise, 12**-0.5)  # answers are whole numbers
    precision = design.T @ design / noise**2 + np.diag(prior**-2.0)
    return asked @ np.linalg.solve(precision, design.T @ (labels - MIDDLE) / noise**2)
