import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from failscape.data.base import Unreadable
from failscape.data.images.decode import decode, upright_rgb
from failscape.data.images.warnings_off import no_warnings


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (48, 32)) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).convert(mode)


def reason(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(data)
    return str(caught.value)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_pixels_of_a_lossless_file_are_kept(mode):
    image = noise(mode)
    read = decode(encoded(image, "PNG"))
    assert read.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(read), np.asarray(image.convert("RGB")))


def test_a_path_reads_as_its_bytes_do(tmp_path):
    data = encoded(noise(), "PNG")
    (tmp_path / "a.png").write_bytes(data)
    assert decode(tmp_path / "a.png") == decode(data)


def test_cmyk_jpeg_keeps_its_colours():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    pixel = decode(encoded(red, "JPEG", quality=95)).getpixel((8, 8))
    assert pixel[0] > 245 and pixel[1] < 10 and pixel[2] < 10


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))  # black, but not to be seen
    image.putpixel((1, 0), (200, 0, 0, 255))
    image.putpixel((2, 0), (0, 0, 0, 128))
    read = decode(encoded(image, "PNG"))
    assert [read.getpixel((x, 0)) for x in range(3)] == [(255, 255, 255), (200, 0, 0), (127, 127, 127)]


def test_a_transparent_palette_entry_is_white_too():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    read = decode(encoded(image, "PNG", transparency=0))
    assert (read.getpixel((0, 0)), read.getpixel((1, 0))) == ((255, 255, 255), (40, 50, 60))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    read = np.asarray(decode(encoded(Image.fromarray(levels), kind)))
    np.testing.assert_array_equal(read, np.repeat((levels // 257).astype(np.uint8)[..., None], 3, axis=2))


def test_sixteen_bit_grey_is_rounded():
    levels = np.array([[0, 128, 129, 65406, 65535]], dtype=np.uint16)
    assert np.asarray(decode(encoded(Image.fromarray(levels), "PNG")))[0, :, 0].tolist() == [0, 0, 1, 254, 255]


def test_floats_have_no_range_to_scale():
    assert reason(encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF")) == "32-bit pixels of unknown range"


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_exif_orientation_is_applied(orientation, turn):
    image = noise()
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = np.asarray(decode(encoded(image, "PNG", exif=exif)))
    np.testing.assert_array_equal(read, np.rot90(np.asarray(image), turn))


def test_a_broken_exif_block_does_not_cost_the_picture():
    data = encoded(noise(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x05\x01\x12")
    assert decode(data).size == (48, 32)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_cut_file_is_truncated(kind, kept):
    data = encoded(noise(), kind)
    assert reason(data[: int(kept * len(data))]) == "truncated"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_no_cut_of_a_file_raises_anything_else(kind):
    data = encoded(noise(size=(12, 8)), kind)
    for length in range(len(data)):
        try:
            assert decode(data[:length]).mode == "RGB"
        except Unreadable as unreadable:
            assert str(unreadable) in ("empty", "truncated", "corrupt", "not an image")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"this is no picture\n" * 40, "not an image"),
        (b"\x89PNG\r\n\x1a\n" + b"garbage" * 40, "corrupt"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "not an image"),
    ],
)
def test_reasons(data, why):
    assert reason(data) == why


def head_of_png(width: int, height: int) -> bytes:
    """A PNG file that promises so many pixels and holds none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_not_unpacked():
    assert reason(head_of_png(60_000, 60_000)) == "too large"


def test_too_many_pixels_are_refused_before_they_are_decoded():
    assert reason(head_of_png(13_000, 13_000)) == "too large (169 megapixels; at most 67 are read)"
    assert reason(head_of_png(8192, 8192)) == "truncated"  # as many as are read
    with pytest.raises(Unreadable, match="169 megapixels"), no_warnings():
        upright_rgb(Image.open(io.BytesIO(head_of_png(13_000, 13_000))))


def test_a_tall_transparent_picture_is_laid_on_white_row_by_row():
    levels = np.random.default_rng(0).integers(0, 256, (600, 5, 4), dtype=np.uint8)
    white = Image.new("RGBA", (5, 600), (255, 255, 255, 255))
    whole = Image.alpha_composite(white, Image.fromarray(levels)).convert("RGB")
    assert decode(encoded(Image.fromarray(levels), "PNG")) == whole


def test_what_the_system_says_about_a_file_is_the_reason(tmp_path):
    for path, why in [(tmp_path / "gone.png", "no such file or directory"), (tmp_path, "a folder, not a file")]:
        with pytest.raises(Unreadable, match=why):
            decode(path)


def test_an_opened_picture_is_treated_alike():
    image = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    assert upright_rgb(image).getpixel((0, 0)) == (255, 255, 255)
    data = encoded(noise(), "PNG")
    with pytest.raises(Unreadable, match="truncated"):
        upright_rgb(Image.open(io.BytesIO(data[:200])))


def test_warnings_come_back_after_threads_have_been_quiet():
    def warn_quietly(_: int) -> None:
        with no_warnings():
            warnings.warn("not for the user", UserWarning, stacklevel=1)

    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(warn_quietly, range(400)))
    assert warnings.filters == before
    with pytest.raises(UserWarning):
        warnings.warn("for the user", UserWarning, stacklevel=1)
