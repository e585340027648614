"""One image file to an upright RGB picture, or the reason why it cannot be one."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from failscape.common.safe_open import Irregular, regular
from failscape.data.base import Unreadable
from failscape.data.images.warnings_off import no_warnings

# Only these are tried, whatever a file calls itself: Pillow would hand a PostScript file to Ghostscript.
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "TIFF", "BMP", "DIB", "PPM", "JPEG2000", "AVIF")
BYTES = 2**28  # of a file: as many as PIXELS take where they are not compressed
PIXELS = 2**26  # of a picture: decoding takes four bytes for each, several times over, in several threads

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*")
_CUT_SHORT = ("truncated", "EOF", "only got", "broken data stream")  # how Pillow words it
_BACKGROUND = (255, 255, 255)
_ROWS = 256  # of a picture that are laid on white at a time
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")


def decode(data: bytes | Path) -> Image.Image:
    """A picture in RGB, 8 bits per channel, turned as its EXIF orientation says; of several frames, the first.

    Transparent pixels are laid on white, as a browser shows them. Greyscale of 16 bits is scaled, not clipped. CMYK is
    converted without its colour profile, as the loaders of torchvision and transformers do.

    Args:
        data: the bytes of an image file, or its path.

    Raises:
        Unreadable: ``empty``, ``truncated``, ``not an image``, ``corrupt``, ``too large`` (more than ``BYTES`` or
            ``PIXELS``), ``a pipe, not a file``, or what the system says about the file.
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
        except (Image.DecompressionBombError, MemoryError):  # Pillow looks at the size by itself, too
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
        return regular(path, BYTES).read_bytes()
    except Irregular as error:
        raise Unreadable(error.reason) from None
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
    n_pixels = image.width * image.height
    if n_pixels > PIXELS:  # what the head of the file says: nothing is decoded yet
        raise Unreadable(f"too large ({n_pixels / 1e6:.0f} megapixels; at most {PIXELS / 1e6:.0f} are read)")
    image.load()
    kind = image.format  # turning forgets it
    return _rgb(_upright(image), kind)


def _upright(image: Image.Image) -> Image.Image:
    with suppress(Exception):  # a broken EXIF block says nothing about the pixels
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _rgb(image: Image.Image, kind: str | None) -> Image.Image:
    if image.mode in _SIXTEEN_BIT or (image.mode == "I" and kind in ("PNG", "PPM")):
        grey = (np.asarray(image).astype(np.uint32) + 128) // 257  # 65535 / 255, rounded
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise Unreadable("32-bit pixels of unknown range")
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency; some rows at a time, for what is mixed takes five times the room of the picture."""
    opaque = Image.new("RGB", image.size)
    for top in range(0, image.height, _ROWS):
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height))).convert("RGBA")
        white = Image.new("RGBA", rows.size, (*_BACKGROUND, 255))
        opaque.paste(Image.alpha_composite(white, rows).convert("RGB"), (0, top))
    return opaque
