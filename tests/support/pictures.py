"""Pictures without files, and back and forth between libraries."""

import numpy as np
import torch
from PIL import Image


def noise(n: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, 3, height, width), dtype=torch.uint8, generator=generator)


def picture(height: int = 48, width: int = 64) -> torch.Tensor:
    """A fixed smooth picture in strong colours, ``(1, 3, H, W)``."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    waves = [(5 * x + 2 * y).sin(), (3 * x - 4 * y).cos(), (7 * x * y).sin()]
    return ((torch.stack(waves) + 1) * 127.5).round().to(torch.uint8)[None]


def as_pil(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).numpy())


def as_int(image: torch.Tensor) -> np.ndarray:
    return image.permute(1, 2, 0).numpy().astype(int)
