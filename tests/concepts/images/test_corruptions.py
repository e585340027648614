"""Geometry, hue, noise, compression, occlusion, motion and weather against closed forms and other libraries."""

import colorsys

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import correlate

from failscape.concepts.images.motion import smear
from failscape.concepts.images.noise import GaussianNoise
from failscape.concepts.images.occlusion import OccludedPlace, Occlusion
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.images.resampling import FILL
from failscape.concepts.images.severity import Severity
from failscape.concepts.images.tone import Hue
from failscape.concepts.images.weather import Fog, Rain, Snow, plasma
from failscape.concepts.parsing import concept_space
from failscape.errors import UsageError
from tests.support.pictures import as_int, as_pil, noise, picture
from tests.support.published_corruptions import FILE, LARGE, SEED, SIZES, STEP, STRENGTHS

FILLS = FILL["fill"]
SEVERITIES = [name for name, kind in IMAGE_CONCEPTS.items() if issubclass(kind, Severity)]


def edited(name: str, image: torch.Tensor, strength: float, seed: int = 0) -> torch.Tensor:
    return IMAGE_CONCEPTS[name]().apply(image, np.full(len(image), strength), np.full(len(image), seed))


@pytest.mark.parametrize("factor", [1.2, 2.0, 3.7])
@pytest.mark.parametrize("size", [(48, 64), (31, 45)])
def test_enlarging_is_pillows(size: tuple[int, int], factor: float) -> None:
    image, (height, width) = picture(*size), size
    margins = (1 - 1 / factor) / 2
    box = (width * margins, height * margins, width * (1 - margins), height * (1 - margins))
    theirs = np.asarray(as_pil(image[0]).resize((width, height), Image.Resampling.BILINEAR, box)).astype(int)
    assert np.abs(as_int(edited("zoom", image, factor)[0]) - theirs).max() <= 1


@pytest.mark.parametrize("factor", [0.1, 0.5, 0.8])
def test_shrinking_is_pillows_on_black(factor: float) -> None:
    image = picture(48, 64)
    small = (round(64 * factor), round(48 * factor))
    theirs = Image.new("RGB", (64, 48))
    shrunk = as_pil(image[0]).resize(small, Image.Resampling.BILINEAR)
    theirs.paste(shrunk, ((64 - small[0]) // 2, (48 - small[1]) // 2))
    assert np.abs(as_int(edited("zoom", image, factor)[0]) - np.asarray(theirs).astype(int)).max() <= 1


@pytest.mark.parametrize(("strength", "by"), [(0.25, 8), (-0.25, -8), (0.5, 16), (1.0, 32), (0.015, 0), (0.016, 1)])
@pytest.mark.parametrize(("name", "axis"), [("shift_x", 3), ("shift_y", 2)])
def test_a_shift_is_a_roll_with_black(name: str, axis: int, strength: float, by: int) -> None:
    image = noise(1, 32, 32)
    expected = np.roll(image.numpy(), by, axis)
    opened = [slice(None)] * 4
    opened[axis] = slice(0, by) if by >= 0 else slice(by, None)
    expected[tuple(opened)] = 0
    np.testing.assert_array_equal(edited(name, image, strength).numpy(), expected)


MOVED = [("zoom", 0.5), ("shift_x", 0.3), ("shift_x", -0.3), ("shift_y", 0.3), ("rotation", 30.0)]


@pytest.mark.parametrize(("name", "strength"), MOVED)
def test_what_opens_is_filled_as_asked(name: str, strength: float) -> None:
    white = torch.full((1, 3, 20, 24), 255, dtype=torch.uint8)
    black, edge, mirror = (IMAGE_CONCEPTS[name](fill=fill).apply(white, np.array([strength])) for fill in FILLS)
    assert (black == 0).any() and (edge == 255).all() and (mirror == 255).all()
    ramp = torch.arange(24, dtype=torch.uint8).mul(10).expand(1, 3, 20, 24).contiguous()
    repeated, mirrored = (IMAGE_CONCEPTS[name](fill=fill).apply(ramp, np.array([strength])) for fill in FILLS[1:])
    assert torch.equal(repeated, mirrored) is (name == "shift_y")  # rows are all alike


def test_a_shift_that_is_filled_is_numpys_pad() -> None:
    image = noise(1, 16, 20)
    for fill, mode in (("edge", "edge"), ("mirror", "symmetric")):
        moved = IMAGE_CONCEPTS["shift_x"](fill=fill).apply(image, np.array([0.25]))[0]
        padded = np.pad(image[0].numpy(), ((0, 0), (0, 0), (5, 0)), mode)[:, :, :20]
        np.testing.assert_array_equal(moved.numpy(), padded)


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_zooming_in_by_the_nearest_pixel_makes_no_new_colour(factor: float) -> None:
    image = noise(1, 12, 12)
    near = IMAGE_CONCEPTS["zoom"](interpolation="nearest").apply(image, np.array([factor]))[0]
    side = round(12 / factor)
    middle = image[0, :, (12 - side) // 2 : (12 + side) // 2, (12 - side) // 2 : (12 + side) // 2]
    expected = np.kron(middle.numpy(), np.ones((int(factor), int(factor)), np.uint8))
    np.testing.assert_array_equal(near.numpy(), expected)


def test_zooming_out_by_the_nearest_pixel_makes_no_new_colour() -> None:
    image = noise(1, 12, 12)
    near = IMAGE_CONCEPTS["zoom"](interpolation="nearest").apply(image, np.array([1 / 3]))[0]
    np.testing.assert_array_equal(near[:, 4:8, 4:8].numpy(), image[0, :, 1::3, 1::3].numpy())
    assert near.count_nonzero() <= 48


def test_a_flip_is_a_mirror() -> None:
    images = noise(3, 9, 14)
    flipped = IMAGE_CONCEPTS["flip"]().apply(images, np.array([1.0, 0.2, 0.5]))
    mirrored = images.numpy()[..., ::-1]
    np.testing.assert_array_equal(flipped.numpy(), np.stack([mirrored[0], images[1].numpy(), mirrored[2]]))


@pytest.mark.parametrize("turn", [-0.5, -0.2, 0.1, 0.37])
def test_hue_turns_the_wheel(turn: float) -> None:
    image = noise(1, 6, 7)
    ours = as_int(Hue().apply(image, np.array([turn]))[0]).reshape(-1, 3)
    for before, after in zip(as_int(image[0]).reshape(-1, 3), ours, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*before / 255)
        expected = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
        assert np.abs(np.array(expected) * 255 - after).max() <= 1.5


def test_noise_has_its_deviation_and_more_is_more_of_the_same() -> None:
    grey = torch.full((1, 3, 200, 200), 128, dtype=torch.uint8)
    concept = GaussianNoise()
    weak, strong = (concept.apply(grey, np.array([s]), np.array([5])).float() - 128 for s in (0.04, 0.08))
    assert weak.std().item() == pytest.approx(0.04 * 255, rel=0.02) and abs(weak.mean().item()) < 0.1
    assert (strong - 2 * weak).abs().max() <= 1.5  # two roundings


def test_jpeg_loses_more_at_lower_quality_and_rounds_it() -> None:
    image = picture(50, 70)
    lost = [(edited("jpeg", image, q).float() - image).abs().mean().item() for q in (95, 50, 20, 5, 1)]
    assert 0 < lost[0] < 2 and (np.diff(lost) > 0).all()
    assert torch.equal(edited("jpeg", image, 50.3), edited("jpeg", image, 50))
    assert not torch.equal(edited("jpeg", image, 51), edited("jpeg", image, 50))


def test_an_occlusion_covers_its_square_and_grows_around_its_centre() -> None:
    white = torch.full((400, 1, 50, 50), 255, dtype=torch.uint8)
    seeds = np.arange(400)
    small, large = (Occlusion().apply(white, np.full(400, s), seeds) != 255 for s in (0.2, 0.5))
    assert (large | ~small).all()
    assert small.flatten(1).float().mean(1).max().item() == pytest.approx(0.04, abs=0.002)
    # A side that may stick out of the image covers s - s² / 4 of it on average.
    assert small.float().mean().item() == pytest.approx((0.2 - 0.2**2 / 4) ** 2, rel=0.1)
    assert small.any(0).all()


def test_the_nine_places_tile_the_image() -> None:
    white = torch.full((9, 3, 48, 30), 255, dtype=torch.uint8)
    covered = (OccludedPlace().apply(white, np.arange(1.0, 10.0)) != 255)[:, 0]
    assert (covered.sum(0) == 1).all()
    assert [covered[k].nonzero().float().mean(0).tolist() for k in (0, 5, 8)] == [
        [7.5, 4.5],
        [23.5, 24.5],
        [39.5, 24.5],
    ]
    space = concept_space(["occluded_place"])
    assert [space.label(np.array([k])) for k in (0, 1, 5)] == [
        "occluded_place nowhere",
        "occluded_place top left",
        "occluded_place middle",
    ]
    assert space.group_axis is None


def test_places_have_no_range() -> None:
    with pytest.raises(UsageError, match="no order, so there is no range"):
        concept_space(["occluded_place=0..9"])


@pytest.mark.parametrize("angle", [0.0, 30.0, -45.0, 90.0, -120.0])
def test_smearing_is_a_correlation_along_a_line(angle: float) -> None:
    image = torch.rand(2, 23, 31, generator=torch.Generator().manual_seed(0))
    length, sigma = 7.0, 3.0
    kernel = np.zeros((17, 17))
    for step in range(8):
        row = 8 + round(step * np.sin(np.radians(angle)))
        kernel[row, 8 + round(step * np.cos(np.radians(angle)))] += np.exp(-0.5 * (step / sigma) ** 2)
    kernel /= kernel.sum()
    theirs = np.stack([correlate(plane, kernel, mode="nearest") for plane in image.numpy()])
    np.testing.assert_allclose(smear(image, length, sigma, angle).numpy(), theirs, atol=1e-6)


@pytest.mark.parametrize("size", [*SIZES, LARGE], ids=str)
@pytest.mark.parametrize("name", STRENGTHS)
def test_a_corruption_is_the_published_one_pixel_by_pixel(name: str, size: tuple[int, int]) -> None:
    """The package cuts off what is behind the decimal point, where we round."""
    every = STEP if size == LARGE else 1
    with np.load(FILE) as published:
        theirs = published[f"{name} {size[0]}x{size[1]}"].astype(int)
    for severity, strength in enumerate(STRENGTHS[name]):
        ours = as_int(edited(name, picture(*size), strength, SEED)[0])[::every, ::every]
        assert np.abs(ours - theirs[severity]).max() <= 1, strength


@pytest.mark.parametrize("decay", [1.4, 2.0])
def test_each_octave_of_a_cloud_is_rougher_by_the_square_of_the_decay(decay: float) -> None:
    """The second difference across a level's new points is its roughness, whatever coarser levels have made."""

    def roughness(half: int) -> float:
        found = []
        for seed in range(40):
            cloud = plasma(64, decay, seed).double().numpy()
            span = cloud.max() - cloud.min()
            corners = cloud[:: 2 * half, :: 2 * half]
            mean = (
                corners + np.roll(corners, -1, 0) + np.roll(corners, -1, 1) + np.roll(corners, (-1, -1), (0, 1))
            ) / 4
            found.append((cloud[half :: 2 * half, half :: 2 * half] - mean) / span)
        return float(np.concatenate([part.ravel() for part in found]).std())

    assert roughness(4) / roughness(2) == pytest.approx(decay**2, rel=0.15)


@pytest.mark.parametrize("name", SEVERITIES)
def test_below_the_first_level_it_is_blended_in(name: str) -> None:
    image = picture()
    half, whole = (edited(name, image, s, 3).float() for s in (0.5, 1.0))
    assert (half - (image + whole) / 2).abs().max() <= 1


@pytest.mark.parametrize("name", SEVERITIES)
def test_each_level_is_farther_from_the_image(name: str) -> None:
    image = picture(96, 96) // 2 + 30
    apart = [
        np.mean([(edited(name, image, s, seed).float() - image).abs().mean().item() for seed in range(8)])
        for s in (0, 1, 2, 3, 4, 5)
    ]
    ordered = apart if name in ("motion_blur", "rain") else [apart[0], apart[1], apart[5]]  # ImageNet-C's are not all
    assert (np.diff(ordered) > 0).all(), apart


@pytest.mark.parametrize("name", SEVERITIES)
def test_the_corners_of_the_table_are_its_rows(name: str) -> None:
    concept = IMAGE_CONCEPTS[name]()
    for level, row in enumerate(concept.table, start=1):
        assert concept._parameters(level) == pytest.approx(row)
    middle = (np.array(concept.table[0]) + concept.table[1]) / 2
    assert concept._parameters(1.5) == pytest.approx(middle.tolist())
    assert concept._parameters(0.4) == pytest.approx(concept.table[0])


def test_fog_is_a_blend_with_a_cloud() -> None:
    image = torch.full((1, 3, 64, 64), 100, dtype=torch.uint8)
    (thickness, decay), value = Fog.table[2], 100 / 255
    cloud = plasma(64, decay, seed=9)
    expected = 255 * (value + thickness * cloud) * value / (value + thickness)
    fogged = edited("fog", image, 3, 9)[0].float()
    assert (fogged - expected.clamp(0, 255)).abs().max() <= 0.5 + 1e-3


def test_a_cloud_spans_the_range_and_decay_makes_it_smooth() -> None:
    rough, smooth = (plasma(64, decay, seed=1) for decay in (1.2, 3.0))
    for cloud in (rough, smooth):
        assert cloud.shape == (64, 64) and cloud.min() == 0 and cloud.max() == pytest.approx(1)
    variation = [cloud.diff(dim=0).abs().mean() for cloud in (rough, smooth)]
    assert variation[0] > 3 * variation[1]
    assert (smooth[0] - smooth[-1]).abs().max() < 0.3  # it repeats: the last row is beside the first


def test_snow_whitens_and_rain_darkens_but_for_its_streaks() -> None:
    image = torch.full((4, 3, 112, 112), 90, dtype=torch.uint8)
    seeds = np.arange(4)
    snow, rain = (kind().apply(image, np.full(4, 3.0), seeds).float() for kind in (Snow, Rain))
    assert (snow >= 90).all() and snow.mean() > 120
    dry = round(90 * Rain.table[2][3])
    assert 0.3 < (rain <= dry).float().mean() < 0.95 and rain.max() > 150


def test_rain_grows_with_the_image() -> None:
    """Twice the image has streaks of twice the length: shrunk again, it is as bright and as far from dry."""
    small, large = (torch.full((6, 3, n, n), 90, dtype=torch.uint8) for n in (112, 224))
    means = [Rain().apply(images, np.full(6, 3.0), np.arange(6)).float().mean().item() for images in (small, large)]
    assert means[0] == pytest.approx(means[1], rel=0.15)
