"""The last leg of ``street-clip``: only the two projections learn, so that captions of each seen factor are told apart.

The contrastive loss hardly asks for what tells two scenes of a batch apart only where all else is equal. Here each
scene has captions that differ in one seen factor alone, and the true one has to be the closest. The towers stay, so
that nothing that was removed from their tokens comes back.

Shapes: ``B`` scenes, ``C`` captions of each, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPModel, CLIPTokenizer

from failscape.data.street.traffic.captions import SEEN, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors, sample_traffic, vary
from zoo.world_data import halved

N_CHOICES = max(len(BY_NAME[name].values) for name in SEEN)
MENTIONED = 0.3  # chance of each other factor


class Choices(NamedTuple):
    """Scenes, and captions of each of which one is true."""

    pixels: torch.Tensor  # (B, 3, 32, 32) float
    ids: torch.Tensor  # (B C, T) int64
    right: torch.Tensor  # (B,) int64: which caption is true
    n: torch.Tensor  # (B,) int64: how many of the captions count; the others repeat the first one


class Aligned(nn.Module):
    """The projections of a CLIP, whose towers learn nothing."""

    def __init__(self, clip: CLIPModel) -> None:
        super().__init__()
        self.pictures, self.captions = clip.visual_projection, clip.text_projection
        self.scale = clip.logit_scale
        self.towers = [clip.vision_model.eval(), clip.text_model.eval()]  # no submodules: they are no part of the state

    def loss(self, choices: Choices) -> torch.Tensor:
        """The cross-entropy of the true captions among those of each scene, and among those of all scenes."""
        vision, text = self.towers
        with torch.no_grad():
            seen = vision(pixel_values=choices.pixels).pooler_output
            said = text(input_ids=choices.ids).pooler_output
        pictures = F.normalize(self.pictures(seen), dim=-1)
        captions = F.normalize(self.captions(said), dim=-1).view(len(pictures), -1, pictures.shape[-1])
        scale = self.scale.exp().clamp(max=100)
        own = scale * torch.einsum("bcd,bd->bc", captions, pictures)
        counts = torch.arange(own.shape[1], device=own.device) < choices.n[:, None]
        told = F.cross_entropy(own.masked_fill(~counts, -torch.inf), choices.right)
        rows = torch.arange(len(pictures), device=own.device)
        matched = scale * pictures @ captions[rows, choices.right].T
        return told + (F.cross_entropy(matched, rows) + F.cross_entropy(matched.T, rows)) / 2


def choices_of(world: int, first: int, size: int, rng: np.random.Generator, tokenizer: CLIPTokenizer) -> Choices:
    """The scenes from number ``first`` of a world, each with captions of one seen factor."""
    scenes = [sample_traffic(world, first + index) for index in range(size)]
    found = [_captions(scene, rng) for scene in scenes]
    texts = [text for captions, _ in found for text in (*captions, *(captions[:1] * (N_CHOICES - len(captions))))]
    ids = tokenizer(texts, padding="max_length", return_tensors="pt").input_ids
    right, n = (torch.tensor(column) for column in ([row for _, row in found], [len(texts) for texts, _ in found]))
    return Choices(halved(scenes), ids, right, n)


def _captions(scene: TrafficFactors, rng: np.random.Generator) -> tuple[list[str], int]:
    """Captions in the same words that differ in one factor, and which one is true."""
    names = [name for name in SEEN if scene.count or name not in OF_PEOPLE]
    name = names[rng.integers(len(names))]
    others = [other for other in SEEN if other != name and rng.random() < MENTIONED]
    needed = ["count"] if name == "job" else []
    mention = {name, *others, *needed}
    words, values = int(rng.integers(2**31)), BY_NAME[name].values
    captions = [varied_caption(vary(scene, **{name: value}), np.random.default_rng(words), mention) for value in values]
    return captions, values.index(getattr(scene, name))
