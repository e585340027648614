"""The similarity of a picture and its prompt to a CLIP.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from failscape.data.prompts.batch import Prompts
from failscape.errors import UsageError
from failscape.rewards.pictures.base import AS_ASKED, Scored
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.registry import load_target, with_option

PUBLISHED = 0.3  # below which a picture fails in Failures Are Fated, But Can Be Faded, by CLIP ViT-B/32
UNLIKE = "unlike its prompt"


class ClipScorer:
    """CLIP's cosine of picture and prompt (Hessel et al. 2021, without their factor and without cutting at 0).

    Args:
        pictures: the tower of pictures.
        texts: the tower of texts.
        below: the cosine below which something is wrong: ``PUBLISHED`` is for CLIP ViT-B/32 alone.

    Raises:
        UsageError: the towers do not answer with vectors of one size.
    """

    range = (-1.0, 1.0)
    answers: tuple[str, ...] = (AS_ASKED, UNLIKE)
    blind_to = "what the CLIP does not tell apart, such as sides, numbers and who does what"

    def __init__(self, pictures: TowerEncoder, texts: TowerEncoder, below: float) -> None:
        self.pictures, self.texts, self.below, self.name = pictures, texts, below, pictures.name
        self.threshold: tuple[float, ...] | None = (below,)

    @classmethod
    def load(cls, uri: str, below: float, device: str = "auto") -> ClipScorer:
        """Both towers of a CLIP by its URI.

        Raises:
            UsageError: it is none.
        """
        return cls(*clip_towers(uri, device), below)

    def at(self, below: float) -> ClipScorer:
        """The same towers with another threshold."""
        return ClipScorer(self.pictures, self.texts, below)

    def __call__(self, prompts: Prompts, pictures: torch.Tensor) -> Scored:
        """Cosines of pictures ``(B, 3, H, W)`` uint8 and their prompts; prompts that are too long are cut."""
        inputs = torch.stack([self.pictures.prepare(picture(pixels)) for pixels in pictures])
        seen, said = self.pictures(inputs).features.cpu(), self.texts(prompts.texts).features.cpu()
        if seen.shape != said.shape:
            raise UsageError(f"{self.name} gives vectors of {seen.shape[1]} and {said.shape[1]} numbers; it is no CLIP")
        score = (seen * said).sum(dim=1).numpy()
        wrong = score < self.below
        return Scored(score, wrong.astype(np.int64), np.ones(len(score), np.float32))


def clip_towers(uri: str, device: str = "auto") -> tuple[TowerEncoder, TowerEncoder]:
    """The towers of pictures and of texts of a CLIP.

    Raises:
        UsageError: it is none.
    """
    pictures, texts = (load_target(with_option(uri, "tower", tower), device) for tower in ("image", "text"))
    for tower, task in ((pictures, "image-feature-extraction"), (texts, "feature-extraction")):
        if tower.task != task:
            raise UsageError(f"{uri} is no CLIP: {tower.name} does {tower.task}")
    return pictures, texts


def picture(pixels: torch.Tensor) -> Image.Image:
    """Pixels (3, H, W) uint8 as an image."""
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())
