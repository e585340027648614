"""Motion blur."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.images.severity import Severity
from failscape.concepts.keyed_random import uniform
from failscape.concepts.plain_words import Amount


class MotionBlur(Severity):
    """Motion blur of ImageNet-C, severity 0 to 5; the direction is drawn within 45° of horizontal. Identity: 0."""

    name = "motion_blur"
    words = Amount("blurred as by movement, with a blur of strength {} on a scale to 5")
    kind = "blur by movement"
    table = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))  # radius and sigma [px]

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int) -> torch.Tensor:
        radius, sigma = parameters
        angle = -45 + 90 * float(uniform(self.name, np.array([seed]))[0])
        return smear(image, 2 * radius, sigma, angle)


def smear(image: torch.Tensor, length: float, sigma: float, angle: float) -> torch.Tensor:
    """Planes ``(C, H, W)`` averaged along a line that leads from each pixel, as when a camera moves; edges repeat.

    The weights are half a Gaussian, over whole steps up to ``length`` [px], each step rounded to a pixel, half down.
    Steps that lead past the size of the image add nothing, as in the published code, so small images get darker.

    Args:
        image: the planes.
        length: of the line [px]; in ImageNet-C twice the radius of the blur.
        sigma: of the weights [px].
        angle: direction of the line [deg], clockwise from the right.
    """
    steps = np.arange(math.ceil(length) + 1)
    weights = np.exp(-0.5 * (steps / sigma) ** 2)
    weights /= weights.sum()
    radians = math.radians(angle)
    rows, columns = (np.ceil(steps * share - 0.5).astype(int) for share in (math.sin(radians), math.cos(radians)))
    height, width = image.shape[-2:]
    there = (np.abs(rows) < height) & (np.abs(columns) < width)
    margin = int(max(np.abs(rows[there]).max(), np.abs(columns[there]).max()))
    padded = F.pad(image[None], [margin] * 4, mode="replicate")[0]
    out = torch.zeros_like(image)
    for weight, row, column in zip(weights[there].tolist(), rows[there].tolist(), columns[there].tolist(), strict=True):
        top, left = margin + row, margin + column
        out.add_(padded[:, top : top + height, left : left + width], alpha=weight)
    return out
