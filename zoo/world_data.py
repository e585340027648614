"""Traffic scenes as tensors: what the encoders and judges of the street world learn from and are measured on.

Shapes: ``B`` scenes, ``F`` factors, ``V`` values of all factors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2.functional import resize

from failscape.data.street.traffic.factors import FACTORS, TrafficFactors, sample_traffic
from failscape.data.street.traffic.render import render_traffic
from zoo.probes import indices

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
CLIP_SIDE = 32  # [px]
LABELS = tuple(f"{factor.name}: {value}" for factor in FACTORS for value in factor.values)
SIZES = [len(factor.values) for factor in FACTORS]
ERASED = tuple(factor.name for factor in FACTORS if factor.kind == "erased")
NOISE, BRIGHTNESS, BLURRED = 6.0, 0.06, 0.3  # [levels], share of light, share of pictures


def rendered(scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """Pictures of scenes (B, 3, 64, 64) float, normalised."""
    return normalised(torch.from_numpy(render_traffic(scenes)))


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """Levels in [0, 255] as the processors of the checkpoints scale them."""
    return (pictures / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def halved(scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """Scenes as the processor of the CLIP prepares them: (B, 3, 32, 32) float, normalised."""
    small = [CLIP_SIDE, CLIP_SIDE]
    pictures = torch.from_numpy(render_traffic(scenes))
    return normalised(resize(pictures, small, InterpolationMode.BICUBIC, antialias=True))


def varied_batch(world: int, step: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (B, 3, 64, 64) float, normalised, and the values of all factors (B, F), -1 where there is none."""
    scenes = [sample_traffic(world, step * size + index) for index in range(size)]
    rng = torch.Generator().manual_seed(world * 1_000_000 + step)
    pictures = torch.from_numpy(render_traffic(scenes)).float()
    blurred = torch.rand(size, generator=rng) < BLURRED
    pictures[blurred] = _blurred(pictures[blurred], float(torch.rand((), generator=rng)))
    pictures *= 1 + BRIGHTNESS * (2 * torch.rand(size, 1, 1, 1, generator=rng) - 1)
    pictures += NOISE * torch.rand(size, 1, 1, 1, generator=rng) * torch.randn(pictures.shape, generator=rng)
    values = np.stack([indices(scenes, factor.name) for factor in FACTORS], axis=1)
    return normalised(pictures.clamp(0, 255)), torch.from_numpy(values)


def _blurred(pictures: torch.Tensor, strength: float) -> torch.Tensor:
    """A mean over three pixels each way, mixed in by up to a half."""
    smooth = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return pictures + 0.5 * strength * (smooth - pictures)


def factor_loss(logits: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of all factors; of (B, V) and (B, F)."""
    parts = zip(logits.split(SIZES, dim=1), values.unbind(dim=1), strict=True)
    return torch.stack([F.cross_entropy(part, value, ignore_index=-1) for part, value in parts]).mean()
