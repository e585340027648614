"""Which pictures and texts are copies of others."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from failscape.data import Images, load_items, only_held_out, open_source
from failscape.data.batch import Articles, Rows
from failscape.data.copies import originals_of_texts
from failscape.data.split import held_out_both, held_out_together
from failscape.data.street import StreetSource
from tests.support.pictures import noise


def pixels_of(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def originals(*pictures: torch.Tensor) -> list[int]:
    batch = Images(torch.stack(pictures), torch.zeros(len(pictures), dtype=torch.int64))
    return batch.originals().tolist()


def test_equal_pictures_are_copies_whatever_they_show() -> None:
    flat, other = torch.full((3, 8, 8), 7, dtype=torch.uint8), torch.full((3, 8, 8), 8, dtype=torch.uint8)
    some = noise(2, 8, 8)
    assert originals(flat, some[0], flat, some[1], some[0], other) == [0, 1, 0, 3, 1, 5]


def test_a_picture_that_was_saved_again_resized_or_brightened_is_a_copy() -> None:
    street = StreetSource(2, seed=5, size=224)
    one, other = street.load(0), street.load(1)
    again = [
        as_jpeg(one, 60),
        one.resize((112, 112), Image.Resampling.BILINEAR).resize((224, 224), Image.Resampling.BILINEAR),
        ImageEnhance.Contrast(one).enhance(1.1),
    ]
    assert originals(*map(pixels_of, [other, one, *again])) == [0, 1, 1, 1, 1]


def test_pictures_of_one_kind_are_no_copies() -> None:
    street = StreetSource(400, seed=9)
    assert originals(*(pixels_of(street.load(i)) for i in range(400))) == list(range(400))


@pytest.mark.parametrize(("folder", "size"), [("cifar10", 32), ("imagenet-sample", 128)])
def test_no_false_alarm_on_real_pictures(real_data, folder, size) -> None:
    files = sorted((real_data / folder).glob("*/*"))[::2]
    pictures = [pixels_of(Image.open(file).convert("RGB").resize((size, size))) for file in files]
    assert originals(*pictures) == list(range(len(files)))


def test_a_copy_of_a_copy_is_a_copy() -> None:
    shades = [ImageEnhance.Brightness(StreetSource(1, seed=3).load(0)).enhance(factor) for factor in (1, 1.1, 1.2)]
    assert originals(*map(pixels_of, [*shades, *shades])) == [0] * 6


def test_texts_are_copies_but_for_case_and_white_space() -> None:
    texts = np.array(["A fire.", "a  FIRE.\n", "A fire", "", " "], object)
    assert originals_of_texts(texts).tolist() == [0, 0, 2, 3, 3]
    assert Articles(texts, np.array(list("abcde"), object)).originals().tolist() == [0, 0, 2, 3, 3]
    assert Rows(torch.zeros(3, 2), torch.zeros(3)).originals().tolist() == [0, 1, 2], "equal numbers are no copies"


def test_copies_are_on_one_side_of_the_split() -> None:
    names, original = [f"item-{i}" for i in range(300)], np.arange(300) % 10
    held = held_out_together(names, original)
    assert (held == held[original]).all() and 0 < held.sum() < 300
    alone = np.arange(300)
    np.testing.assert_array_equal(held_out_together(names, alone), held_out_both(names))
    assert held_out_together(names[:4], np.array([0, 0, 2, 2]), 0.01).sum() == 2, "both copies change sides"


@pytest.fixture
def ten_by_thirty(tmp_path):
    street = StreetSource(10, seed=77)
    for i in range(10):
        folder = tmp_path / street.group_names[street.labels[i]]
        folder.mkdir(exist_ok=True)
        for copy in range(30):
            street.load(i).save(folder / f"{i}-{copy:02d}.png")
    return tmp_path


def test_ten_pictures_under_thirty_names_are_ten(ten_by_thirty) -> None:
    source = open_source(ten_by_thirty, [path.name for path in sorted(ten_by_thirty.iterdir())])
    items = load_items(
        source, lambda image: (pixels_of(image),), lambda fields, labels: Images(fields[0], torch.from_numpy(labels)),
        device="cpu",
    )  # fmt: skip
    assert len(items) == 300 and items.distinct.sum() == 10
    assert items.original is not None
    assert (items.held_out == items.held_out[items.original]).all() and 0 < items.held_out.sum() < 300
    (told,) = items.about_copies
    assert told.startswith("290 of the 300 items are copies") and "10 different ones" in told
    alone = only_held_out(items)
    assert alone.original is not None
    assert (alone.held_out == alone.held_out[alone.original]).all()
    assert alone.distinct.sum() == items.distinct[items.held_out].sum()
