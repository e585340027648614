"""Datasets in the formats of Hugging Face."""

import sys

import pytest

from failscape.data.base import Unreadable
from failscape.data.images.open import open_source
from tests.support.datasets import png, refusal


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


def test_a_folder_with_several_configurations(pets, tmp_path):
    for config, n in {"small": 1, "large": 3}.items():
        (tmp_path / "pets" / config).mkdir(parents=True)
        pets.select(range(n)).to_parquet(str(tmp_path / "pets" / config / "test-00000-of-00001.parquet"))
    spec = f"hf:{tmp_path / 'pets'}"
    assert [len(open_source(f"{spec}?config={name}", ["cat", "dog"]).names) for name in ("small", "large")] == [1, 3]
    assert refusal(spec) == f"{spec} has several configurations; choose one with config=: large, small"
    assert refusal(f"{spec}?config=lagre") == f"{spec} has no configuration lagre; did you mean large?"


def test_a_folder_of_one_configuration_takes_no_other(pets, tmp_path):
    for split in ("train", "test"):
        (tmp_path / "pets" / split).mkdir(parents=True)
        pets.to_parquet(str(tmp_path / "pets" / split / "0.parquet"))
    spec = f"hf:{tmp_path / 'pets'}"
    assert len(open_source(spec, ["cat", "dog"]).names) == 3
    pets.save_to_disk(str(tmp_path / "saved"))
    for where in (spec, f"hf:{tmp_path / 'saved'}"):
        assert refusal(f"{where}?config=small") == f"{where} has one configuration only; leave out config=small"
