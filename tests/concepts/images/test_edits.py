"""Every image edit against its own definition: closed forms, and laws that all of them keep."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2.functional import rotate

from failscape.concepts import Concept
from failscape.concepts.images.blur import gaussian_kernels
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.images.rotation import Rotation
from failscape.concepts.parsing import concept_space
from failscape.envs.actions.parsing import explored_space
from tests.support.pictures import as_int, as_pil, noise, picture

TIE = 1e-4  # share of pixels that another order of summation may round the other way


@pytest.fixture(params=IMAGE_CONCEPTS)
def concept(request: pytest.FixtureRequest) -> Concept:
    return IMAGE_CONCEPTS[request.param]()


def strongest(concept: Concept) -> float:
    """The default level that is farthest from changing nothing."""
    return float(concept.levels[np.abs(concept.levels - concept.identity).argmax()])


def strengths(concept: Concept) -> st.SearchStrategy[float]:
    """Any strength within the concept's limits; its identity and *leave alone* more often than by chance."""
    special = st.sampled_from([float("nan"), float(concept.identity), *concept.limits, *concept.levels.tolist()])
    return st.one_of(special, st.floats(*concept.limits))


def test_identity_and_nan_leave_every_bit_alone(concept: Concept) -> None:
    images = noise(3, 21, 34)
    for strength in (concept.identity, float("nan")):
        assert torch.equal(concept.apply(images, np.full(3, strength)), images)
    mixed = concept.apply(images, np.array([strongest(concept), concept.identity, np.nan]))
    assert torch.equal(mixed[1:], images[1:]) and not torch.equal(mixed[0], images[0])


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 40), (40, 17), (32, 32)])
def test_a_batch_is_a_loop_over_its_items(concept: Concept, size: tuple[int, int]) -> None:
    images = noise(12, *size)
    rng = np.random.default_rng(0)
    low, high = concept.limits
    chosen = rng.uniform(low, high, 12)
    chosen[::4] = strongest(concept)
    chosen[1::4] = np.nan
    seeds = rng.integers(1 << 40, size=12)
    batch = concept.apply(images, chosen, seeds)
    loop = torch.cat([concept.apply(images[i : i + 1], chosen[i : i + 1], seeds[i : i + 1]) for i in range(12)])
    different = (batch.int() - loop.int()).abs()
    assert different.max() <= 1 and (different > 0).float().mean() <= TIE


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_laws_that_every_edit_keeps(data: st.DataObject) -> None:
    concept = IMAGE_CONCEPTS[data.draw(st.sampled_from(sorted(IMAGE_CONCEPTS)))]()
    n, height, width = (data.draw(st.integers(1, most)) for most in (4, 9, 9))
    images = noise(n, height, width, seed=data.draw(st.integers(0, 99)))
    chosen = np.array(data.draw(st.lists(strengths(concept), min_size=n, max_size=n)))
    before, before_chosen = images.clone(), chosen.copy()
    edited = concept.apply(images, chosen)
    assert torch.equal(images, before) and np.array_equal(chosen, before_chosen, equal_nan=True)
    assert edited.dtype == torch.uint8 and edited.shape == images.shape
    alone = np.isnan(chosen) | (chosen == concept.identity)
    assert torch.equal(edited[alone], images[alone])


def test_an_edit_is_no_view_of_its_input(concept: Concept) -> None:
    images = noise(2, 8, 8)
    edited = concept.apply(images, np.array([strongest(concept), np.nan]))
    kept = images.clone()
    edited.zero_()
    assert torch.equal(images, kept)


def test_chance_is_the_rows_own_seed(concept: Concept) -> None:
    images, most = noise(1, 24, 24).expand(3, -1, -1, -1), np.full(3, strongest(concept))
    one, same, other = concept.apply(images, most, np.array([1, 1, 2]))
    assert torch.equal(one, same)
    assert torch.equal(one, other) is not concept.random


def test_an_empty_batch_stays_empty(concept: Concept) -> None:
    assert concept.apply(noise(0, 8, 8), np.zeros(0)).shape == (0, 3, 8, 8)


@pytest.mark.parametrize("side", [1, 2, 31, 32, 224])
@pytest.mark.parametrize("turns", [-2, -1, 1, 2])
def test_rotation_by_right_angles_is_rot90(side: int, turns: int) -> None:
    images = noise(2, side, side)
    rotated = Rotation().apply(images, np.full(2, 90.0 * turns)).numpy()
    np.testing.assert_array_equal(rotated, np.rot90(images.numpy(), turns, axes=(2, 3)))


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (81, 47)])
@pytest.mark.parametrize("angle", [-30.0, -10.0, 5.0, 45.0, 120.0])
def test_rotation_is_pillows_in_the_interior(size: tuple[int, int], angle: float) -> None:
    image = picture(*size)
    ours = as_int(Rotation().apply(image, np.array([angle]))[0])
    theirs = np.asarray(as_pil(image[0]).rotate(angle, Image.Resampling.BILINEAR)).astype(int)
    # Interior: where the picture without its outermost three pixels comes to lie.
    frame = np.zeros(size, np.uint8)
    frame[3:-3, 3:-3] = 255
    inside = np.asarray(Image.fromarray(frame).rotate(angle, Image.Resampling.BILINEAR)) == 255
    assert inside.mean() > 0.2
    assert np.abs(ours - theirs)[inside].max() <= 1  # Pillow truncates where we round


@given(data=st.data(), angle=st.one_of(st.floats(-180, 180), st.integers(-12, 12).map(lambda k: 15.0 * k)))
@settings(max_examples=80, deadline=None)
def test_rotation_is_torchvisions_bit_by_bit(data: st.DataObject, angle: float) -> None:
    images = noise(2, data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40)))
    interpolation = data.draw(st.sampled_from(["bilinear", "nearest"]))
    ours = Rotation(interpolation=interpolation).apply(images, np.full(2, angle))
    assert torch.equal(ours, rotate(images, angle, InterpolationMode(interpolation)))


@pytest.mark.parametrize("angle", [-30.0, -10.0, 5.0, 10.0])
def test_rotation_by_the_nearest_pixel_is_pillows_but_for_ties(angle: float) -> None:
    image = picture(96, 96)
    ours = as_int(Rotation(interpolation="nearest").apply(image, np.array([angle]))[0])
    theirs = np.asarray(as_pil(image[0]).rotate(angle, Image.Resampling.NEAREST)).astype(int)
    assert (np.abs(ours - theirs).max(axis=2) > 0).mean() < 0.002


def test_the_preset_of_fsrl_turns_as_its_code_does() -> None:
    for space in (concept_space("fsrl"), explored_space("fsrl", None, None, None)):
        assert space.concepts[space.names.index("rotation")].chosen["interpolation"] == "nearest"
    assert Rotation().chosen == {"interpolation": "bilinear", "fill": "black"}


def test_rotation_opens_black_corners_and_keeps_the_centre() -> None:
    white = torch.full((1, 3, 33, 33), 255, dtype=torch.uint8)
    rotated = Rotation().apply(white, np.array([45.0]))[0]
    assert (rotated[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 0).all()
    assert (rotated[:, 10:23, 10:23] == 255).all()


ENHANCED = [
    ("darken", ImageEnhance.Brightness, lambda strength: 1 - strength, [0.1, 0.25, 0.5, 0.9, 1.0]),
    ("brightness", ImageEnhance.Brightness, float, [0.0, 0.4, 0.9, 1.3, 2.0, 4.0]),
    ("saturation", ImageEnhance.Color, float, [0.0, 0.5, 0.7, 1.3, 2.0]),
    ("contrast", ImageEnhance.Contrast, float, [0.0, 0.4, 0.7, 1.3, 2.0]),
]


@pytest.mark.parametrize(("name", "enhancer", "factor", "chosen"), ENHANCED, ids=[row[0] for row in ENHANCED])
def test_tone_is_pillows_within_a_level(name: str, enhancer: type, factor: object, chosen: list[float]) -> None:
    image = picture()
    for strength in chosen:
        ours = as_int(IMAGE_CONCEPTS[name]().apply(image, np.array([strength]))[0])
        theirs = np.asarray(enhancer(as_pil(image[0])).enhance(factor(strength))).astype(int)
        assert np.abs(ours - theirs).max() <= 1, strength


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.1, 2.0, 5.0, 16.0])
def test_blur_is_scipys_within_a_level(sigma: float) -> None:
    images = noise(2, 23, 31)  # narrower than the widest kernel: the mirror is looked into more than once
    ours = IMAGE_CONCEPTS["gaussian_blur"]().apply(images, np.full(2, sigma)).numpy().astype(float)
    theirs = gaussian_filter(images.numpy().astype(float), (0, 0, sigma, sigma), mode="reflect", truncate=3)
    assert np.abs(ours - theirs).max() < 0.501  # no more than rounding


def test_a_kernel_does_not_know_its_neighbours() -> None:
    like = torch.zeros(1)
    alone = gaussian_kernels(np.array([1.1]), like)[0]
    beside = gaussian_kernels(np.array([1.1, 5.0]), like)
    middle = beside.shape[1] // 2
    around = slice(middle - len(alone) // 2, middle + len(alone) // 2 + 1)
    assert torch.equal(beside[0, around], alone)
    assert beside[0].count_nonzero() == len(alone)
    torch.testing.assert_close(beside.sum(1), torch.ones(2))


def test_several_sigmas_in_one_batch() -> None:
    sigmas = np.array([0.3, 1.1, 5.0, 0.0, 2.0])
    images = noise(1, 40, 30).expand(5, -1, -1, -1)
    blurred = IMAGE_CONCEPTS["gaussian_blur"]().apply(images, sigmas)
    for image, sigma, ours in zip(images, sigmas, blurred, strict=True):
        theirs = gaussian_filter(image.numpy().astype(float), (0, sigma, sigma), mode="reflect", truncate=3)
        assert np.abs(ours.numpy() - theirs).max() < 0.501


def distances(concept: Concept, measure: object) -> Iterator[float]:
    for strength in np.linspace(*concept.limits, 9):
        yield float(measure(concept.apply(picture(), np.array([strength])).float()))


def total_variation(image: torch.Tensor) -> torch.Tensor:
    return image.diff(dim=2).abs().sum() + image.diff(dim=3).abs().sum()


def colourfulness(image: torch.Tensor) -> torch.Tensor:
    return (image.amax(dim=1) - image.amin(dim=1)).mean()


MONOTONE = [
    ("darken", torch.mean, -1),
    ("brightness", torch.mean, 1),
    ("saturation", colourfulness, 1),
    ("contrast", torch.std, 1),
    ("gaussian_blur", total_variation, -1),
]


@pytest.mark.parametrize(("name", "measure", "sign"), MONOTONE, ids=[row[0] for row in MONOTONE])
def test_more_strength_is_more_of_the_same(name: str, measure: object, sign: int) -> None:
    found = np.array(list(distances(IMAGE_CONCEPTS[name](), measure)))
    assert (np.diff(found) * sign > 0).all(), found


def test_the_ends_of_the_scales() -> None:
    image = picture()
    grey = IMAGE_CONCEPTS["saturation"]().apply(image, np.zeros(1))
    assert (grey[:, :1] == grey).all()
    flat = IMAGE_CONCEPTS["contrast"]().apply(image, np.zeros(1))
    assert flat.unique().numel() == 1
    assert not IMAGE_CONCEPTS["darken"]().apply(image, np.ones(1)).any()
    assert not IMAGE_CONCEPTS["brightness"]().apply(image, np.zeros(1)).any()
