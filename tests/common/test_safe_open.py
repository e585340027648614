"""Only regular files of a plausible size are opened."""

from __future__ import annotations

import faulthandler
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from failscape.common.safe_open import SMALL, Irregular, regular
from failscape.data.base import Unreadable
from failscape.data.images.decode import BYTES, decode
from failscape.data.images.folder import FolderSource
from failscape.data.images.open import open_source
from failscape.data.items import load_images, reasons
from failscape.data.labels.mapping import read_mapping
from failscape.data.labels.names import NameIndex
from failscape.data.tables.encoding import ARTICLE, TABLE
from failscape.data.texts.open import open_texts
from failscape.envs.baseline import BaselineOutputs
from failscape.errors import UsageError
from failscape.feedback.reward_model import RewardModel
from failscape.records.folder import RunFolder
from failscape.records.policy import PolicyTable
from failscape.records.probes import ProbeStore
from failscape.records.questions import QuestionStore
from failscape.records.ratings import RatingStore
from failscape.records.ratings_csv import read_ratings
from failscape.targets.registry import load_target
from failscape.targets.weights import read_names, read_state
from failscape.workflows.mitigation_plan import PLAN, Plan
from tests.support.irregular import KINDS, sparse

each_kind = pytest.mark.parametrize(("make", "reason"), KINDS.values(), ids=KINDS)
Make = Callable[[Path], None]

# What reads a file that the user named, or that lies in a folder of ours, and how that file is called.
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "csv": ("a.csv", open_texts),
    "tsv": ("a.tsv", open_texts),
    "jsonl": ("a.jsonl", open_texts),
    "json": ("a.json", open_texts),
    "parquet": ("a.parquet", open_texts),
    "table with options": ("a.csv", lambda path: open_texts(f"{path}?article=text")),
    "hf": ("a.parquet", lambda path: open_texts(f"hf:{path.parent}")),
    "mapping": ("m.csv", lambda path: read_mapping(path, ["a"], NameIndex(["a"]))),
    "ratings": ("r.csv", read_ratings),
    "class names": ("names.txt", lambda path: read_names(str(path))),
    "safetensors": ("w.safetensors", lambda path: read_state(str(path))),
    "pth": ("w.pth", lambda path: read_state(str(path))),
    "probes": ("probes.sqlite", ProbeStore),
    "ratings store": ("ratings.sqlite", RatingStore),
    "ratings store, read": ("ratings.sqlite", lambda path: RatingStore(path, read_only=True)),
    "questions store": ("questions.sqlite", QuestionStore),
    "questions store, read": ("questions.sqlite", lambda path: QuestionStore(path, read_only=True)),
    "policy": ("policy.npz", PolicyTable.load),
    "reward model": ("reward.npz", RewardModel.load),
    "baseline": ("baseline.npz", lambda path: BaselineOutputs.load(path, None, None)),
}


@pytest.fixture(autouse=True)
def never_hangs() -> Iterator[None]:
    """A reader that opens one of these waits for ever, perhaps in a thread: it ends the tests and shows where it is."""
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@each_kind
@pytest.mark.parametrize(("name", "read"), READERS.values(), ids=READERS)
def test_a_named_file_that_is_none_is_refused_in_one_line(
    make: Make, reason: str, name: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    make(tmp_path / name)
    with pytest.raises(UsageError) as caught:
        read(tmp_path / name)
    message = str(caught.value)
    assert reason in message and "\n" not in message
    assert str(tmp_path) in message


@each_kind
def test_pictures_that_are_none_are_skipped_with_the_reason(make: Make, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "a" / "good.png")
    make(tmp_path / "a" / "bad.png")
    items = load_images(FolderSource(tmp_path), lambda image: torch.from_numpy(np.array(image)), device="cpu")
    assert items.names == ("a/good.png",)
    assert ("a/bad.png", reason) in [tuple(item) for item in items.skipped]


@each_kind
def test_texts_that_are_none_are_skipped_with_the_reason(make: Make, reason: str, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("An article.")
    make(tmp_path / "bad.txt")
    source = open_texts(tmp_path)
    assert list(source.names) == ["good.txt"]
    assert ("bad.txt", reason) in [tuple(item) for item in source.skipped]


@each_kind
def test_a_model_folder_with_such_a_file_is_refused(make: Make, reason: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["ResNetForImageClassification"]}))
    make(tmp_path / "preprocessor_config.json")
    with pytest.raises(UsageError, match=f"preprocessor_config.json cannot be read: {reason}"):
        load_target(str(tmp_path))


@each_kind
def test_settings_that_are_no_file_make_no_run_and_no_plan(make: Make, reason: str, tmp_path: Path) -> None:
    for name, read, message in (("config.yml", RunFolder, "not a run folder"), (PLAN, Plan.load, "no mitigation")):
        (tmp_path / name[:3]).mkdir()
        make(tmp_path / name[:3] / name)
        with pytest.raises(UsageError, match=message):
            read(tmp_path / name[:3])


@each_kind
def test_the_small_files_of_a_run_are_read_only_where_they_are_files(make: Make, reason: str, tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("env: x\n")
    make(tmp_path / "summary.json")
    with pytest.raises(UsageError, match=f"summary.json cannot be read: {reason}"):
        _ = RunFolder(tmp_path).summary


LARGE: list[tuple[str, int, Callable[[Path], object]]] = [
    ("a.csv", TABLE, open_texts),
    ("a.parquet", TABLE, open_texts),
    ("m.csv", SMALL, READERS["mapping"][1]),
    ("r.csv", SMALL, read_ratings),
    ("names.txt", SMALL, READERS["class names"][1]),
    ("config.yml", SMALL, lambda path: RunFolder(path.parent).config),
    (PLAN, SMALL, lambda path: Plan.load(path.parent)),
    ("config.json", SMALL, lambda path: load_target(str(path.parent))),
]


@pytest.mark.parametrize(("name", "at_most", "read"), LARGE)
def test_a_named_file_that_is_too_large_is_refused_in_one_line(
    name: str, at_most: int, read: Callable[[Path], object], tmp_path: Path
) -> None:
    sparse(tmp_path / name, at_most + 1, b"text\n")
    with pytest.raises(UsageError, match=rf"{name} cannot be read: too large \(.*[MG]B; at most .*[MG]B are read\)"):
        read(tmp_path / name)


def test_pictures_and_texts_that_are_too_large_are_skipped(tmp_path: Path) -> None:
    sparse(tmp_path / "a.png", 2**32, b"\x89PNG")
    with pytest.raises(Unreadable, match=r"^too large \(4\.29 GB; at most 268 MB are read\)$"):
        decode(tmp_path / "a.png")
    sparse(tmp_path / "a.txt", ARTICLE + 1, b"An article.")
    (tmp_path / "b.txt").write_text("An article.")
    source = open_texts(tmp_path)
    assert list(source.names) == ["b.txt"]
    assert source.skipped[-1] == ("a.txt", "too large (16.8 MB; at most 16.8 MB are read)")
    assert "too large" in reasons(source.skipped) and "MB" not in reasons(source.skipped)


def test_a_hole_in_a_table_is_no_text(tmp_path: Path) -> None:
    sparse(tmp_path / "a.csv", 2**24, b"text,summary\n" + b"An article,A summary\n" * 1000)
    with pytest.raises(UsageError, match="is not text, though its suffix"):
        open_texts(tmp_path / "a.csv")


def test_limits_leave_room_for_what_people_have(tmp_path: Path) -> None:
    sparse(tmp_path / "a.png", BYTES)
    with pytest.raises(Unreadable, match="not an image"):
        decode(tmp_path / "a.png")
    assert regular(tmp_path / "a.png", BYTES) == tmp_path / "a.png"
    (tmp_path / "link.png").symlink_to("a.png")
    assert regular(tmp_path / "link.png") == tmp_path / "link.png"


def test_a_folder_is_no_file_and_a_lost_link_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Irregular, match="a folder, not a file"):
        regular(tmp_path)
    (tmp_path / "lost").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError):
        regular(tmp_path / "lost")


def test_hidden_files_of_a_dataset_folder_are_left_alone(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": ["An article."]}), tmp_path / "train.parquet")
    (tmp_path / ".git").mkdir()
    KINDS["socket"][0](tmp_path / ".git" / "fsmonitor--daemon.ipc")
    assert len(open_texts(f"hf:{tmp_path}").names) == 1


def test_a_picture_of_a_dataset_may_be_a_path_to_such_a_file(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    KINDS["pipe"][0](tmp_path / "a.png")
    image = pa.array(
        [{"bytes": None, "path": str(tmp_path / "a.png")}], pa.struct({"bytes": pa.binary(), "path": pa.string()})
    )
    (tmp_path / "saved").mkdir()
    pq.write_table(pa.table({"image": image, "label": ["a"]}), tmp_path / "saved" / "train.parquet")
    source = open_source(f"hf:{tmp_path / 'saved'}?image=image&label=label", ["a"])
    with pytest.raises(Unreadable, match="a pipe, not a file"):
        source.load(0)
