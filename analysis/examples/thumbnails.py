"""Pictures small enough to lie inside a page.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

SIDE = 224  # [px] of the longer side, at most
LARGE = 1024  # [px] of the longer side where details count, at most
SMALL = 96  # [px] up to which a picture is stored without loss


def thumbnail(picture: np.ndarray, side: int = SIDE) -> Image.Image:
    """A picture ``(H, W, 3)`` uint8 with its longer side at most ``side`` [px]; smaller ones stay as they are."""
    image = Image.fromarray(picture)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def data_uri(picture: np.ndarray, side: int = SIDE) -> str:
    """A thumbnail as a ``data:`` address: PNG where it is small, so that its pixels stay apart, JPEG otherwise."""
    image = thumbnail(picture, side)
    return _encode(image, "PNG" if max(image.size) <= SMALL else "JPEG")


def faithful_uri(picture: np.ndarray) -> str:
    """A picture in which details count, as a ``data:`` address: PNG, smaller only where it has more than ``LARGE``."""
    return _encode(thumbnail(picture, LARGE), "PNG")


def chart_uri(picture: np.ndarray) -> str:
    """A chart in full size as a ``data:`` address: PNG with a palette of 256 colours, which is plenty for a chart."""
    return _encode(Image.fromarray(picture).quantize(256, dither=Image.Dither.NONE), "PNG")


def _encode(image: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": 85} if kind == "JPEG" else {"optimize": True}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
