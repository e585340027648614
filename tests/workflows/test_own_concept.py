"""A user's own concept on images: the run folder knows its name alone, the environment knows how it edits."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch

import failscape
from failscape.concepts import Concept, ConceptSpace
from failscape.data.base import Items
from failscape.data.batch import Images
from failscape.envs.mdp import ConceptMDP
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets.outputs import ClassifierOutputs


class Wash(Concept):
    """Adds grey. Identity: 0."""

    name = "wash"
    unit = ""
    identity = 0.0
    limits = (0.0, 255.0)
    default_levels = (0.0, 100.0, 200.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        grey = torch.from_numpy(strengths).int()[:, None, None, None]
        return (inputs.int() + grey).clamp(0, 255).to(torch.uint8)


class Brightness:
    """Dark below grey 128, bright above."""

    name, task = "brightness", "image-classification"
    class_names = ("dark", "bright")

    def __init__(self) -> None:
        self.module, self.device = torch.nn.Identity(), torch.device("cpu")
        self.n_queries = self.n_forwards = 0

    def __call__(self, inputs: torch.Tensor, seeds: object = None) -> ClassifierOutputs:
        """Logits, which are the features as well."""
        mean = inputs.float().mean(dim=(1, 2, 3)) / 128 - 1
        logits = torch.stack([-mean, mean], dim=1)
        return ClassifierOutputs(logits, logits)


def make_mdp(**_: Any) -> ConceptMDP:
    """Forty grey pictures, half of them dark."""
    labels = np.arange(40) % 2
    noise = np.random.default_rng(0).integers(0, 20, (40, 3, 8, 8))
    pixels = torch.from_numpy((noise + 60 + 100 * labels[:, None, None, None]).astype(np.uint8))
    batch = Images(pixels, torch.from_numpy(labels))
    items = Items(batch, labels, tuple(f"grey-{i:02d}" for i in range(40)), np.arange(40) % 5 == 0)
    return ConceptMDP(Brightness(), ConceptSpace([Wash()]), items, CLASSIFICATION_REWARDS["margin"])


def test_its_levels_are_drawn_and_told(tmp_path: Path) -> None:
    failscape.register_env("own/Wash-v0", make_mdp)
    try:
        run = failscape.explore(gym.make_vec("own/Wash-v0", num_envs=8), "random", budget=60, out=tmp_path)
        page, _ = failscape.audit(run)
    finally:
        gym.registry.pop("own/Wash-v0")
    report = (run.folder / "report.html").read_text()
    assert "Adds grey. 0 changes nothing." in report and 'alt="wash 200"' in report
    assert "wash, 3 levels from 0 to 200: Adds grey" in page.read_text()
