"""A classifier that fails in the dark, and summarizers of every kind: small enough to fine-tune in a second."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from failscape.concepts import ConceptSpace, concept_space
from failscape.data.base import Items
from failscape.data.batch import Images
from failscape.envs.mdp import ConceptMDP
from failscape.mitigation.sampling import Failures
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.registry import load_target
from failscape.targets.summarizers.summarizer import Summarizer
from tests.support.tiny_text import KINDS

SPACE = concept_space(["darken=0,0.2,0.4,0.6,0.8", "rotation=-10,0,10"])
SIDE, CLASSES = 8, ("left", "right", "dark")


class World(NamedTuple):
    """What a fine-tune takes."""

    target: Classifier
    items: Items
    space: ConceptSpace
    failures: list[Failures]
    mdp: ConceptMDP


def pictures(n: int, seed: int = 0) -> tuple[torch.Tensor, np.ndarray]:
    """Bright on the left or on the right, ``(n, 3, 8, 8)`` uint8, and which."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    images = rng.integers(60, 90, size=(n, 3, SIDE, SIDE))
    for i, label in enumerate(labels):
        images[i, :, :, label * SIDE // 2 : (label + 1) * SIDE // 2] += 100
    return torch.from_numpy(images.astype(np.uint8)), labels.astype(np.int64)


def module() -> nn.Module:
    """Right in the light; below half of it, everything is ``dark``."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * SIDE * SIDE, 3))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        net[0].weight[:, :, 1, 1] = 1 / 3
        columns = torch.arange(SIDE).repeat(4 * SIDE)
        sign = torch.where(columns < SIDE // 2, 1.0, -1.0)
        net[3].weight[0], net[3].weight[1], net[3].weight[2] = sign / 8, -sign / 8, torch.full_like(sign, -1 / 20)
        net[3].bias[2] = 6.0
    return net


@pytest.fixture
def world() -> Callable[..., World]:
    """Makes it anew, because a fine-tune changes it."""

    def make(n: int = 240, **kwargs: Any) -> World:
        inputs, labels = pictures(n)
        held_out = np.arange(n) % 4 == 0
        items = Items(Images(inputs, torch.from_numpy(labels)), labels, tuple(map(str, range(n))), held_out, CLASSES)
        target = Classifier(
            module(), Preprocess.resize(SIDE, mean=(0, 0, 0), std=(1, 1, 1)), CLASSES, device="cpu", **kwargs
        )
        dark = np.flatnonzero(SPACE.grid()[:, 0] >= 3)
        mdp = ConceptMDP(target, SPACE, items, CLASSIFICATION_REWARDS["margin"])
        return World(target, items, SPACE, [Failures(dark, ())], mdp)

    return make


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Summarizer]:
    """A tiny target of a kind, loaded anew, because a fine-tune changes it."""
    folder = tmp_path_factory.mktemp("tiny")
    for kind, make in KINDS.items():
        make(folder / kind, kind, min_new_tokens=6, suppress_tokens=[0])
    return lambda kind: load_target(f"hf:{folder / kind}", "cpu")
