import io
import json
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from failscape.data.base import Unreadable
from failscape.data.sources import open_source
from failscape.data.spec import parse_spec
from failscape.data.torchvision_source import TorchvisionSource
from failscape.errors import UsageError

FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def png(colour: tuple[int, ...], mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def refusal(spec: str, class_names=("cat", "dog")) -> str:
    with pytest.raises(UsageError) as caught:
        open_source(spec, class_names)
    return str(caught.value)


# torchvision


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
        ("torchvision:CIFAR10?root=a&root=b", "the option root stands twice"),
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


# Hugging Face


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The package, with its cache in a folder of the test."""
    package = pytest.importorskip("datasets")
    monkeypatch.setattr(package.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    package.disable_progress_bars()
    return package


@pytest.fixture
def pets(hub):
    files = [png((9, 8, 7)), png((0, 0, 0, 0), "RGBA"), png((1, 1, 1))[:48], png((5, 5, 5))]
    columns = {"image": [{"bytes": data, "path": None} for data in files], "label": [1, 0, 1, -1]}
    kinds = {"image": hub.Image(), "label": hub.ClassLabel(names=["cat", "dog"])}
    return hub.Dataset.from_dict(columns, features=hub.Features(kinds))


def check_pets(source) -> None:
    assert source.labels.tolist() == [0, 1, 0]  # the item without a label is left out
    assert len(set(source.names)) == 3
    assert source.load(0).getpixel((0, 0)) == (9, 8, 7)
    assert source.load(1).getpixel((0, 0)) == (255, 255, 255)
    with pytest.raises(Unreadable, match="truncated"):
        source.load(2)


def test_a_saved_dataset(pets, tmp_path):
    pets.save_to_disk(str(tmp_path / "pets"))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}", ["dog", "cat"]))


def test_a_saved_dataset_of_several_splits(hub, pets, tmp_path):
    hub.DatasetDict({"train": pets, "test": pets}).save_to_disk(str(tmp_path / "pets"))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}", ["dog", "cat"]))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}?split=train", ["dog", "cat"]))
    assert "has no split val; choose one with split=: train, test" in refusal(f"hf:{tmp_path / 'pets'}?split=val")


def test_a_folder_with_parquet_files(pets, tmp_path):
    (tmp_path / "pets" / "data").mkdir(parents=True)
    for split in ("train", "validation"):
        pets.to_parquet(str(tmp_path / "pets" / "data" / f"{split}-00000-of-00001.parquet"))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}?split=validation", ["dog", "cat"]))
    assert "has no split test; choose one with split=: train, validation" in refusal(f"hf:{tmp_path / 'pets'}")


def test_the_only_split_needs_no_name(pets, tmp_path):
    (tmp_path / "pets").mkdir()
    pets.to_parquet(str(tmp_path / "pets" / "all.parquet"))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}", ["dog", "cat"]))


def test_columns_are_found_by_kind_or_named(hub, pets, tmp_path):
    other = pets.rename_columns({"image": "img", "label": "animal"})
    other.save_to_disk(str(tmp_path / "pets"))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}", ["dog", "cat"]))
    check_pets(open_source(f"hf:{tmp_path / 'pets'}?image=img&label=animal", ["dog", "cat"]))
    assert "has no column 'imge'; did you mean img?; name the image column with image=NAME" in refusal(
        f"hf:{tmp_path / 'pets'}?image=imge"
    )


def test_a_column_that_holds_no_images(pets, tmp_path):
    pets.save_to_disk(str(tmp_path / "pets"))
    assert "the column 'label' does not hold image files" in refusal(f"hf:{tmp_path / 'pets'}?image=label")


def test_images_without_a_description(hub, tmp_path):
    columns = {"image": [{"bytes": png((1, 2, 3)), "path": "a.png"}], "label": ["cat"]}
    hub.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "pets"))
    assert open_source(f"hf:{tmp_path / 'pets'}", ["cat"]).load(0).getpixel((0, 0)) == (1, 2, 3)


@pytest.mark.parametrize(
    ("values", "class_names", "labels"),
    [(["dog", None, "cat"], ["cat", "dog"], [1, 0]), ([7, 3, -1], [f"class {i}" for i in range(10)], [7, 3])],
)
def test_labels_without_names(hub, tmp_path, values, class_names, labels):
    columns = {"image": [png((1, 2, 3))] * 3, "label": values}
    hub.Dataset.from_dict(columns).save_to_disk(str(tmp_path / "pets"))
    source = open_source(f"hf:{tmp_path / 'pets'}", class_names)
    assert source.labels.tolist() == labels
    assert source.load(0).getpixel((0, 0)) == (1, 2, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [([[0], [1, 2]], "does not hold one class per image"), ([-1, -1], "has no labels in this split")],
)
def test_labels_that_are_none(hub, tmp_path, values, message):
    hub.Dataset.from_dict({"image": [png((1, 2, 3))] * 2, "label": values}).save_to_disk(str(tmp_path / "pets"))
    assert message in refusal(f"hf:{tmp_path / 'pets'}")


def test_an_empty_cell_is_unreadable(hub, tmp_path):
    columns = {"image": [None, png((1, 2, 3))], "label": ["cat", "dog"]}
    hub.Dataset.from_dict(columns, features=None).save_to_disk(str(tmp_path / "pets"))
    with pytest.raises(Unreadable, match="empty"):
        open_source(f"hf:{tmp_path / 'pets'}", ["cat", "dog"]).load(0)


def test_a_folder_of_another_format(hub, tmp_path):
    assert "has neither parquet files nor what save_to_disk writes" in refusal(f"hf:{tmp_path}")
    assert "there is no such folder" in refusal(f"hf:{tmp_path}/gone")


def test_damaged_files_of_a_dataset(pets, tmp_path):
    pets.save_to_disk(str(tmp_path / "saved"))
    arrow = next((tmp_path / "saved").glob("*.arrow"))
    arrow.write_bytes(arrow.read_bytes()[:300])
    assert "cannot be read: Expected to read" in refusal(f"hf:{tmp_path / 'saved'}")
    (tmp_path / "parquet").mkdir()
    (tmp_path / "parquet" / "x.parquet").write_bytes(b"garbage" * 9)
    assert "cannot be read: Parquet magic bytes not found" in refusal(f"hf:{tmp_path / 'parquet'}")


def test_a_hub_that_cannot_be_reached(hub, monkeypatch):
    monkeypatch.setattr(hub.config, "HF_HUB_OFFLINE", True)
    message = refusal("hf:nobody/pets")
    assert message.startswith("hf:nobody/pets is not in the local cache and the hub cannot be reached\n")
    assert message.endswith("`hf download --repo-type dataset nobody/pets --local-dir DIR` and pass the folder: hf:DIR")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("DatasetNotFoundError", "is not on the hub, or needs a login"),
        (ValueError('Unknown split "test". Should be one of ["train"].'), 'hf:pets: Unknown split "test"'),
        (RuntimeError("Dataset scripts are no longer supported, but found pets.py"), "scripts are no longer supported"),
    ],
)
def test_what_the_hub_refuses(hub, monkeypatch, error, message):
    raised = hub.exceptions.DatasetNotFoundError("gone") if isinstance(error, str) else error

    def load_dataset(name, config, *, split):
        assert (name, config, split) == ("pets", "small", "test")
        raise raised

    monkeypatch.setattr(hub, "load_dataset", load_dataset)
    assert message in refusal("hf:pets?config=small")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "pip install 'failscape[datasets]'" in refusal("hf:pets")


# what the user types


def test_specifications():
    assert parse_spec("torchvision:CIFAR10?root=/a/c++%20x&split=test")[1:] == (
        "CIFAR10",
        {"root": "/a/c++%20x", "split": "test"},
    )
    assert parse_spec("photos/what?")[:2] == ("", "photos/what?")
    assert parse_spec(r"C:\photos").scheme == ""


def test_an_unknown_scheme_names_the_closest():
    message = "there is no folder tochvision:CIFAR10 and no kind of data 'tochvision'; did you mean torchvision?"
    assert refusal("tochvision:CIFAR10") == message


def test_a_folder_may_be_called_like_a_scheme(tmp_path, monkeypatch):
    (tmp_path / "hf:pets" / "cat").mkdir(parents=True)
    (tmp_path / "hf:pets" / "cat" / "1.png").write_bytes(png((1, 2, 3)))
    monkeypatch.chdir(tmp_path)
    assert open_source("hf:pets", ["cat"]).names == ["cat/1.png"]


def test_the_street_world():
    from failscape.data.street import SIGNS

    source = open_source("street:?n=3&seed=1&size=32", SIGNS[::-1])
    straight = open_source("street:?n=3&seed=1&size=32", SIGNS)
    assert (source.labels + straight.labels).tolist() == [len(SIGNS) - 1] * 3
    assert source.load(0).size == (32, 32) and source.names == straight.names
    assert "street: has no option sed; did you mean seed?" in refusal("street:?sed=1")
    assert "n is 'many'; write a whole number" in refusal("street:?n=many")
    assert "street:night is no street world" in refusal("street:night")
