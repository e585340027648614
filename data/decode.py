"""One image file to an upright RGB picture, or the reason why it cannot be one."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from failscape.data.base import Unreadable
from failscape.data.quiet import no_warnings

# Only these are tried, whatever a file calls itself: Pillow would hand a PostScript file to Ghostscript.
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "TIFF", "BMP", "DIB", "PPM", "JPEG2000", "AVIF")

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*")
_CUT_SHORT = ("truncated", "EOF", "only got", "broken data stream")  # how Pillow words it
_BACKGROUND = (255, 255, 255)
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")


def decode(data: bytes | Path) -> Image.Image:
    """A picture in RGB, 8 bits per channel, turned as its EXIF orientation says; of several frames, the first.

    Transparent pixels are laid on white, as a browser shows them. Greyscale of 16 bits is scaled, not clipped. CMYK is
    converted without its colour profile, as the loaders of torchvision and transformers do.

    Args:
        data: the bytes of an image file, or its path.

    Raises:
        Unreadable: ``empty``, ``truncated``, ``not an image``, ``corrupt``, ``too large`` (Pillow's limit, about 179
            megapixels), or what the system says about the file.
    """
    if isinstance(data, Path):
        data = _read(data)
    if not data:
        raise Unreadable("empty")
    with no_warnings():
        try:
            with Image.open(BytesIO(data), formats=_formats()) as image:
                return _upright_rgb(image)
        except Unreadable:
            raise
        except (Image.DecompressionBombError, MemoryError):
            raise Unreadable("too large") from None
        # Pillow's decoders raise whatever a broken file provokes: SyntaxError, struct.error, IndexError, ...
        except Exception as error:
            raise Unreadable(_reason(error, data)) from None


def upright_rgb(image: Image.Image) -> Image.Image:
    """``decode`` for a picture that a library has opened already.

    Raises:
        Unreadable: as ``decode`` does.
    """
    with no_warnings():
        try:
            return _upright_rgb(image)
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(_reason(error, b"")) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable((error.strerror or type(error).__name__).lower()) from None


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)  # AVIF is missing from some builds


def _reason(error: Exception, data: bytes) -> str:
    if any(words in str(error) for words in _CUT_SHORT):
        return "truncated"
    if isinstance(error, UnidentifiedImageError) and not data.startswith(_SIGNATURES):
        return "not an image"
    return "corrupt"


def _upright_rgb(image: Image.Image) -> Image.Image:
    image.load()
    kind = image.format  # turning forgets it
    return _rgb(_upright(image), kind)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block says nothing about the pixels
        return image


def _rgb(image: Image.Image, kind: str | None) -> Image.Image:
    if image.mode in _SIXTEEN_BIT or (image.mode == "I" and kind in ("PNG", "PPM")):
        grey = np.asarray(image).astype(np.float64) / 257  # 65535 / 255
        return Image.fromarray(np.rint(grey).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise Unreadable("32-bit pixels of unknown range")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, (*_BACKGROUND, 255))
        return Image.alpha_composite(white, picture).convert("RGB")
    return image.convert("RGB")
