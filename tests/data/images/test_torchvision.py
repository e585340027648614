"""Datasets of torchvision."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from failscape.data.base import Unreadable
from failscape.data.images.open import open_source
from failscape.data.images.torchvision import TorchvisionSource
from tests.support.datasets import png, refusal

FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


@pytest.fixture
def fashion(tmp_path) -> Path:
    """Four pictures in the files of FashionMNIST's test part."""
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.arange(4, dtype=np.uint8).repeat(28 * 28)
    for part in ("train", "t10k"):
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, 4, 28, 28) + pixels.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, 4) + bytes([9, 0, 2, 9]))
    return tmp_path


@pytest.fixture
def food(tmp_path) -> Path:
    """Two classes in the files of Food101, one picture of them cut short."""
    base = tmp_path / "food-101"
    for name, data in {
        "pizza/1": png((9, 8, 7)),
        "pizza/2": png((1, 1, 1))[:48],
        "ramen/3": png((0, 0, 0, 0), "RGBA"),
    }.items():
        (base / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "images" / f"{name}.jpg").write_bytes(data)
    (base / "meta").mkdir()
    (base / "meta" / "test.json").write_text(json.dumps({"pizza": ["pizza/1", "pizza/2"], "ramen": ["ramen/3"]}))
    return tmp_path


def test_a_torchvision_dataset(fashion):
    source = open_source(f"torchvision:FashionMNIST?root={fashion}&split=test", FASHION[::-1])
    assert source.labels.tolist() == [0, 9, 7, 0] and source.labels.dtype == np.int64
    assert source.names[1] == "FashionMNIST/test/000001" and len(set(source.names)) == 4
    image = source.load(3)
    assert (image.mode, image.size, image.getpixel((5, 5))) == ("RGB", (28, 28), (3, 3, 3))
    assert (
        open_source(f"torchvision:FashionMNIST?root={fashion}&split=train", FASHION)
        .names[0]
        .startswith("FashionMNIST/train/")
    )


def test_files_of_a_torchvision_dataset_are_decoded_as_those_of_a_folder(food):
    source = TorchvisionSource("Food101", {"root": str(food)})
    assert (source.group_names, source.labels.tolist()) == (["pizza", "ramen"], [0, 0, 1])
    assert source.load(0).getpixel((0, 0)) == (9, 8, 7)
    assert source.load(2).getpixel((0, 0)) == (255, 255, 255)
    with pytest.raises(Unreadable, match="truncated"):
        source.load(1)


def test_tuples_of_synonyms_are_class_names(tmp_path):
    for synset in ("n01440764", "n03888257"):
        folder = tmp_path / "imagenette2-160" / "val" / synset
        folder.mkdir(parents=True)
        (folder / "0.jpeg").write_bytes(png((1, 2, 3)))
    source = open_source(f"torchvision:Imagenette?root={tmp_path}&split=val&size=160px", ["parachute", "tench"])
    assert source.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("torchvision:CIFAR10", "needs the folder that holds it: torchvision:CIFAR10?root=DIR"),
        ("torchvision:LSUN?root={}", "torchvision:LSUN is not read: it keeps a list as a pickle, which could run code"),
        ("torchvision:CIFR10?root={}", "torchvision has no dataset 'CIFR10'; did you mean CIFAR10?"),
        ("torchvision:CIFAR10?root={}", "Dataset not found or corrupted\nadd &download=true, or give the folder"),
        ("torchvision:CIFAR10?root={}&spilt=test", "has no option spilt; did you mean split?"),
        ("torchvision:CIFAR10?root={}&split=val", "has no split 'val'; known: test, train"),
        ("torchvision:CIFAR10?root={}&download=maybe", "download is 'maybe'; write true or false"),
        ("torchvision:Food101?root={}&split=val", "Unknown value 'val' for argument split"),
        ("torchvision:CIFAR10?root", "'root' is no option; write ?name=value"),
        ("torchvision:CIFAR10?root=a&root=b", "the option root is given twice"),
    ],
)
def test_what_is_wrong_with_a_torchvision_dataset(tmp_path, spec, message):
    assert message in refusal(spec.format(tmp_path))


def test_a_torchvision_dataset_without_classes(tmp_path, monkeypatch):
    import torchvision

    class Boxes(torchvision.datasets.VisionDataset):
        def __init__(self, root):
            self.targets = ["a.xml", "b.xml"]

        def __len__(self):
            return 2

    monkeypatch.setattr(torchvision.datasets, "SBU", Boxes)
    assert "does not give every image one of a list of classes" in refusal(f"torchvision:SBU?root={tmp_path}")


def test_nothing_is_downloaded_unasked(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("it tried")

    monkeypatch.setattr("torchvision.datasets.semeion.download_url", refuse)
    assert "not found or corrupted" in refusal(f"torchvision:SEMEION?root={tmp_path}")  # downloads by default
