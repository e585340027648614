"""What cameras and files do to pixels: noise and compression."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import cache_sized, per_image, to_pixels
from failscape.concepts.keyed_random import normals
from failscape.concepts.plain_words import Amount, share


class GaussianNoise(Concept):
    """Normal noise added to every value; strength is its standard deviation as a share of full range. Identity: 0.

    As in ImageNet-C (Hendrycks and Dietterich 2019), whose five levels are 0.08 to 0.38. The noise is drawn by the
    row's seed; more strength is more of the same noise.
    """

    name = "gaussian_noise"
    words = share("with grain, each dot off by about {} of full brightness")
    kind = "grain"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.0, 0.08, 0.12, 0.18, 0.26, 0.38)
    random = True

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        noise = normals(self.name, seeds, inputs.shape[1:]).to(inputs.device)
        return to_pixels(noise.mul_(per_image(255 * strengths, inputs)).add_(inputs))


class Jpeg(Concept):
    """JPEG compression at this quality, in whole numbers from 1 to 100. Identity: 100, which leaves the image alone.

    Pillow's: libjpeg's scale of quality, colour at half resolution. Images on a GPU go by way of the CPU.
    """

    name = "jpeg"
    words = Amount("saved as JPEG of quality {}, where 100 is the best")
    kind = "JPEG compression"
    unit = ""
    identity = 100.0
    limits = (1.0, 100.0)
    default_levels = (5, 10, 20, 40, 100)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        pixels = inputs.permute(0, 2, 3, 1).cpu().numpy()
        qualities = np.rint(strengths).astype(int).tolist()
        read = np.stack([compressed(image, quality) for image, quality in zip(pixels, qualities, strict=True)])
        return torch.from_numpy(read).permute(0, 3, 1, 2).contiguous().to(inputs.device)


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    """An image ``(H, W, 3)`` uint8 written as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file))
