"""Lessons as the denoiser sees them: latents of the autoencoder, computed once.

Shapes: ``N`` pictures, ``B`` batch, ``C, h, w`` latents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from failscape.mitigation.trainable import in_full_precision
from failscape.mitigation.trainers.lessons import Lesson


class Latents(NamedTuple):
    """What is asked for, and the distribution of each picture's latents as the denoiser takes them."""

    prompts: list[str]  # (N,)
    mean: torch.Tensor  # (N, C, h, w) float32, on the host
    deviation: torch.Tensor  # (N, C, h, w)

    def __len__(self) -> int:
        return len(self.prompts)

    def take(self, rows: np.ndarray) -> Latents:
        """Some of them."""
        kept = torch.from_numpy(rows)
        return Latents([self.prompts[row] for row in rows.tolist()], self.mean[kept], self.deviation[kept])

    def drawn(self, generator: torch.Generator) -> torch.Tensor:
        """Latents (N, C, h, w), drawn anew."""
        return self.mean + self.deviation * torch.randn(self.mean.shape, generator=generator)


def latents_of(pipeline: Any, lesson: Lesson, batch_size: int) -> Latents:
    """Latents of a lesson by the pipeline's autoencoder, in full precision: some overflow in 16 bits."""
    vae = pipeline.vae
    shift, scale = vae.config.get("shift_factor") or 0.0, vae.config.scaling_factor
    means, deviations = [], []
    with in_full_precision(vae), torch.no_grad():
        for pixels in lesson.pixels.split(batch_size):
            found = vae.encode(pixels.to(vae.device, torch.float32) / 127.5 - 1).latent_dist
            means.append(((found.mean - shift) * scale).cpu())
            deviations.append((found.std * scale).cpu())
    return Latents(lesson.prompts, torch.cat(means), torch.cat(deviations))
