"""A judge that names every factor of a picture, or abstains.

Shapes: ``B`` batch, ``F`` factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification

from failscape.errors import UsageError
from failscape.targets import pretrained
from failscape.targets.batching import check_pixels, micro_batches, resolve_device
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.embedded import embedded_folder

ABSTAINS_BELOW = 0.8  # certainty
KIND = "a judge of factors"


class Verdicts(NamedTuple):
    """What a judge says of a batch of pictures."""

    values: np.ndarray  # (B, F) int64 indices of values, -1 where it abstains
    certainty: np.ndarray  # (B, F) float32, probability of the likeliest value, in (0, 1]


class FactorJudge:
    """A frozen image classifier whose labels are ``factor: value``; a softmax over the values of each factor.

    Args:
        name: ``street-judge-a`` or ``street-judge-b``, or a folder in Hugging Face format with such labels.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        abstains_below: The certainty below which it abstains, in [0, 1].

    Raises:
        UsageError: There is no such judge, it cannot be loaded, or its labels are of another form.
    """

    def __init__(self, name: str, device: str = "auto", *, abstains_below: float = ABSTAINS_BELOW) -> None:
        folder = Path(name) if Path(name).is_dir() else embedded_folder(name)
        self.name = name
        self.device = resolve_device(device)
        self.abstains_below = abstains_below
        module = pretrained.module(AutoModelForImageClassification, folder, name, KIND, "a trained classifier")
        self.module = module.requires_grad_(False).eval().to(self.device)
        self.transform = Preprocess.from_hf(pretrained.load(AutoImageProcessor, folder, name, KIND))
        self.image_size = tuple(self.transform.prepare(Image.new("RGB", (64, 64))).shape)
        self.factors = _factors(name, [module.config.id2label[label] for label in range(module.config.num_labels)])
        self.batch_size = 256

    def __call__(self, pixels: torch.Tensor) -> Verdicts:
        """Values and certainties of pictures ``(B, 3, H, W)`` uint8, of the size that it was trained with.

        Raises:
            UsageError: They are of another type or shape.
        """
        check_pixels(self.name, pixels, self.image_size)
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._judge(pixels[start:stop]),
            len(pixels),
            self.batch_size,
            f"{self.name}: one picture does not fit into the memory of {self.device}",
        )
        certainty, values = (torch.cat([part[place] for part in parts]).cpu().numpy() for place in (0, 1))
        return Verdicts(np.where(certainty < self.abstains_below, -1, values), certainty)

    @torch.inference_mode()
    def _judge(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits = self.module(self.transform.normalise(pixels.to(self.device))).logits.float()
        best = [part.softmax(dim=1).max(dim=1) for part in logits.split([*map(len, self.factors.values())], dim=1)]
        return torch.stack([b.values for b in best], dim=1), torch.stack([b.indices for b in best], dim=1)


def _factors(name: str, labels: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Values by factor, in the order of the labels."""
    found: dict[str, list[str]] = {}
    for label in labels:
        factor, colon, value = label.partition(": ")
        if not colon or (factor in found and factor != [*found][-1]):
            raise UsageError(f"{name} is no judge of factors: its labels are not 'factor: value' in order")
        found.setdefault(factor, []).append(value)
    return {factor: tuple(values) for factor, values in found.items()}
