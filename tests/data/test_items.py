import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from failscape.data import (
    Images,
    Items,
    Rows,
    Skipped,
    Unreadable,
    held_out,
    load_items,
    only_held_out,
    open_source,
    reasons,
    write_skipped,
)
from failscape.data.sample import draw
from failscape.errors import UsageError


class Numbers:
    """Item ``i`` is the number ``i``; those in ``bad`` cannot be read."""

    def __init__(self, labels, bad=(), skipped=()):
        self.labels = np.array(labels, dtype=np.int64)
        self.names = [f"{label}/{index}" for index, label in enumerate(labels)]
        self.bad, self.skipped = set(bad), list(skipped)
        self.group_names, self.notes = tuple("abcdefgh"), ()

    def load(self, index):
        if index in self.bad:
            raise Unreadable("truncated")
        return index


def prepare(number: int) -> tuple[torch.Tensor]:
    return (torch.full((3, 2, 2), number, dtype=torch.uint8),)


def as_pixels(image: Image.Image) -> tuple[torch.Tensor]:
    return (torch.from_numpy(np.array(image).transpose(2, 0, 1)),)


def to_images(fields: list, labels: np.ndarray) -> Images:
    return Images(fields[0], torch.from_numpy(labels))


def load(source, **options):
    return load_items(source, prepare, to_images, device="cpu", **options)


def test_all_items_in_the_order_of_the_source():
    source = Numbers([1, 0, 2, 1, 0])
    items = load(source)
    assert items.batch.inputs.shape == (5, 3, 2, 2) and items.batch.inputs.dtype == torch.uint8
    assert items.batch.inputs[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert items.group.tolist() == [1, 0, 2, 1, 0] and items.names == tuple(source.names)
    assert len(items) == 5 and items.skipped == []


def test_held_out_by_name_alone():
    items = load(Numbers([0] * 200))
    np.testing.assert_array_equal(items.held_out, held_out(items.names))
    few = load(Numbers([0] * 200), max_items=50, seed=4)
    decided = dict(zip(items.names, items.held_out.tolist(), strict=True))
    assert few.held_out.tolist() == [decided[name] for name in few.names]
    assert load(Numbers([0, 0])).held_out.sum() == 1


def test_unreadable_items_are_skipped_and_listed():
    source = Numbers([0, 0, 1, 1], bad=[0, 3], skipped=[Skipped("clip.mp4", "not an image")])
    items = load(source)
    assert items.batch.inputs[:, 0, 0, 0].tolist() == [1, 2] and items.group.tolist() == [0, 1]
    assert items.skipped == [
        Skipped("clip.mp4", "not an image"),
        Skipped("0/0", "truncated"),
        Skipped("1/3", "truncated"),
    ]
    assert source.skipped == [Skipped("clip.mp4", "not an image")]  # the source's own list is left alone


def test_nothing_readable():
    with pytest.raises(UsageError, match=r"no item can be read \(2 truncated, 1 not an image\)"):
        load(Numbers([0, 1], bad=[0, 1], skipped=[Skipped("clip.mp4", "not an image")]))


def test_the_draw_is_even_over_classes():
    labels = [0] * 100 + [1] * 100 + [2] * 5
    counts = Counter(load(Numbers(labels), max_items=45).group.tolist())
    assert counts == {0: 20, 1: 20, 2: 5}


def test_a_skipped_item_is_replaced_from_its_class():
    labels = [0] * 10 + [1] * 10
    without = load(Numbers(labels), max_items=8)
    drawn = [int(name.split("/")[1]) for name in without.names]
    items = load(Numbers(labels, bad=drawn[:2]), max_items=8)
    assert Counter(items.group.tolist()) == {0: 4, 1: 4}
    assert [item.name for item in items.skipped] == list(without.names[:2])
    assert set(without.names[2:]) < set(items.names)


def test_replacements_may_fail_too_until_a_class_is_used_up():
    items = load(Numbers([0] * 6 + [1] * 6, bad=range(1, 6)), max_items=6)
    assert Counter(items.group.tolist()) == {0: 1, 1: 3}
    assert len(items.skipped) == 5 and items.batch.inputs.shape[0] == 4


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 50), st.integers(0, 3))
def test_the_draw_has_the_size_and_the_evenness_it_promises(labels, n, seed):
    labels = np.array(labels)
    names = [f"{label}/{index}" for index, label in enumerate(labels)]
    chosen, left = draw(names, labels, n, seed)
    assert len(chosen) == min(n, len(labels)) and (np.diff(chosen) > 0).all()
    assert sorted([*chosen, *(index for rest in left.values() for index in rest)]) == list(range(len(labels)))
    counts = Counter(labels[chosen].tolist())
    for label, rest in left.items():  # a class with items left has as many as any other, or one less
        assert rest and counts[label] >= max(counts.values()) - 1


@given(st.permutations(range(20)))
def test_the_draw_does_not_depend_on_the_order_of_items(order):
    labels = np.arange(20) % 3
    names = [f"item {index}" for index in range(20)]
    straight, _ = draw(names, labels, 7, seed=1)
    shuffled, _ = draw([names[index] for index in order], labels[list(order)], 7, seed=1)
    assert {order[index] for index in shuffled} == set(straight.tolist())


def test_the_seed_chooses_the_draw():
    source = Numbers([0] * 50)
    assert load(source, max_items=9).names == load(source, max_items=9).names
    assert load(source, max_items=9).names != load(source, max_items=9, seed=1).names


def test_progress_counts_up_to_all_of_them():
    calls = []
    load(Numbers([0] * 6 + [1] * 6, bad=range(1, 6)), max_items=6, progress=lambda *call: calls.append(call))
    assert calls[-1] == (6, 6) and [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_a_shape_that_changes_is_not_broadcast():
    with pytest.raises(ValueError, match=r"shape \(1, 2, 2\) after \(3, 2, 2\)"):
        load_items(Numbers([0, 0]), lambda n: (prepare(n)[0][: 3 - 2 * n],), to_images, device="cpu")


@pytest.mark.parametrize("options", [{"max_items": 0}, {"held_out_share": 2}])
def test_numbers_out_of_range(options):
    with pytest.raises(UsageError):
        load(Numbers([0, 0]), **options)


def test_the_list_of_skipped_items(tmp_path):
    skipped = [Skipped('a,"b".jpg', "truncated"), Skipped("\udcff.jpg", "empty"), Skipped("c.jpg", "truncated")]
    write_skipped(tmp_path / "skipped.csv", skipped)
    with (tmp_path / "skipped.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [["name", "reason"], ['a,"b".jpg', "truncated"], ["\\udcff.jpg", "empty"], ["c.jpg", "truncated"]]
    assert reasons(skipped) == "2 truncated, 1 empty"


def test_a_folder_of_good_and_broken_pictures(tmp_path):
    rng = np.random.default_rng(0)
    for name in ["cat/good.png", "cat/cut.png", "dog/good.png", "dog/empty.png", "dog/text.png"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(tmp_path / name)
    cut = (tmp_path / "cat/cut.png").read_bytes()
    (tmp_path / "cat/cut.png").write_bytes(cut[:100])
    (tmp_path / "dog/empty.png").write_bytes(b"")
    (tmp_path / "dog/text.png").write_text("no picture")
    source = open_source(tmp_path, ["dog", "cat"])
    items = load_items(source, as_pixels, to_images, device="cpu")
    assert items.names == ("cat/good.png", "dog/good.png") and items.group.tolist() == [1, 0]
    assert reasons(items.skipped) == "1 truncated, 1 empty, 1 not an image"


def test_real_items(real_data):
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    source = open_source(real_data / "cifar10", names)
    items = load_items(source, as_pixels, to_images, device="cpu", max_items=200)
    assert items.batch.inputs.shape == (200, 3, 32, 32) and np.bincount(items.group).tolist() == [20] * 10
    assert 20 <= items.held_out.sum() <= 60 and items.skipped == []


def test_importing_is_light():
    code = "import sys, failscape.data; print(*{'torchvision', 'datasets', 'timm', 'transformers'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_held_out_items_alone_are_split_anew() -> None:
    names = tuple(f"item-{i}" for i in range(400))
    held_out = np.arange(400) % 4 == 0
    batch = Rows(torch.arange(400)[:, None], torch.arange(400) % 3)
    items = Items(batch, np.arange(400) % 3, names, held_out)
    alone = only_held_out(items)
    assert alone.names == tuple(names[i] for i in range(0, 400, 4)) and alone.batch.inputs[:, 0].tolist() == list(
        range(0, 400, 4)
    )
    assert 10 <= alone.held_out.sum() <= 30 and (alone.group == items.group[::4]).all()
    assert (only_held_out(items).held_out == alone.held_out).all()
