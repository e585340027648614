"""What a denoiser was taught to say of noisy latents, by the schedule that its pipeline comes with.

Shapes: ``B`` batch, ``T`` times, ``C, h, w`` latents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from failscape.errors import UsageError

EPSILON, VELOCITY, SAMPLE = "epsilon", "v_prediction", "sample"


class Noising(NamedTuple):
    """Shares of picture and noise by time, and what is predicted of their sum."""

    kept: torch.Tensor  # (T,) float32: share of the variance that the picture has left (alphas_cumprod)
    predicts: str  # noise, velocity or picture, as diffusers calls them

    def noised(self, clean: torch.Tensor, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """Latents (B, C, h, w) with noise at times (B,)."""
        picture, rest = self._shares(times)
        return picture * clean + rest * noise

    def wanted(self, clean: torch.Tensor, noise: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        """What the denoiser should say of them, (B, C, h, w)."""
        picture, rest = self._shares(times)
        if self.predicts == EPSILON:
            return noise
        return clean if self.predicts == SAMPLE else picture * noise - rest * clean

    def _shares(self, times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kept = self.kept[times][:, None, None, None]
        return kept.sqrt(), (1 - kept).sqrt()


def noising_of(name: str, scheduler: Any) -> Noising:
    """The noise that the target ``name`` was trained with, from the scheduler of its pipeline.

    Raises:
        UsageError: the scheduler has no such noise, as those of flow matching have not.
    """
    predicts = scheduler.config.get("prediction_type", EPSILON)
    if "alphas_cumprod" not in vars(scheduler) or predicts not in (EPSILON, VELOCITY, SAMPLE):
        raise UsageError(
            f"{name} cannot be fine-tuned by LoRA here: nothing says what noise {type(scheduler).__name__} was trained "
            "with; give ?scheduler=DDIMScheduler where that suits the model"
        )
    return Noising(scheduler.alphas_cumprod.detach().cpu().float(), predicts)
