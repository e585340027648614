import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from failscape.data.base import Skipped
from failscape.data.images.folder import FolderSource
from failscape.errors import UsageError


def picture(path: Path, colour: tuple[int, int, int] = (200, 30, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(path)


def refusal(root: Path) -> str:
    with pytest.raises(UsageError) as caught:
        FolderSource(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_classes_names_and_labels(tmp_path):
    for name in ["dog/2.png", "cat/1.JPG", "cat/deep/er/3.png", "cat/a b ü.webp"]:
        picture(tmp_path / name)
    source = FolderSource(tmp_path)
    assert source.group_names == ["cat", "dog"]
    assert source.names == ["cat/1.JPG", "cat/a b ü.webp", "cat/deep/er/3.png", "dog/2.png"]
    assert source.labels.tolist() == [0, 0, 0, 1] and source.labels.dtype == np.int64
    assert source.skipped == []
    assert source.load(3).getpixel((0, 0)) == (200, 30, 30)


def test_side_files_and_hidden_ones_are_passed_over(tmp_path):
    picture(tmp_path / "cat/1.png")
    side = ["cat/.DS_Store", "cat/Thumbs.db", "cat/notes.TXT", "labels.csv", "README.md", "cat/desktop.ini"]
    hidden = [".git/x.png", "cat/.cache/x.png", "__MACOSX/cat/1.png", "no_images/annotations.json"]
    for name in side + hidden:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    source = FolderSource(tmp_path)
    assert (source.names, source.group_names, source.skipped) == (["cat/1.png"], ["cat"], [])


def test_other_files_and_loose_images_are_skipped_with_the_reason(tmp_path):
    picture(tmp_path / "cat/1.png")
    picture(tmp_path / "loose.png")
    for name in ["cat/clip.mp4", "cat/no_extension", "cat/broken.jpg"]:
        (tmp_path / name).write_bytes(b"x")
    source = FolderSource(tmp_path)
    assert source.names == ["cat/1.png", "cat/broken.jpg"]  # what calls itself an image is opened first
    assert source.skipped == [
        Skipped("cat/clip.mp4", "not an image"),
        Skipped("cat/no_extension", "not an image"),
        Skipped("loose.png", "outside the class folders"),
    ]


def test_linked_class_folders_are_read_and_loops_are_not_entered(tmp_path):
    picture(tmp_path / "elsewhere/1.png")
    (tmp_path / "data").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "data/cat")
    os.symlink(tmp_path / "data", tmp_path / "elsewhere/loop")
    assert FolderSource(tmp_path / "data").names == ["cat/1.png"]


def test_a_missing_folder_names_the_closest(tmp_path):
    (tmp_path / "parts").mkdir()
    assert refusal(tmp_path / "prats") == f"there is no folder {tmp_path / 'prats'}; did you mean parts?"
    far = refusal(tmp_path / "nowhere")
    assert far == f"there is no folder {tmp_path / 'nowhere'}; give a folder with one subfolder of images per class"
    assert "one subfolder of images per class" in refusal(tmp_path / "no/such/place")


def test_a_file_is_no_folder(tmp_path):
    picture(tmp_path / "a.png")
    assert "is a file; --data takes a folder" in refusal(tmp_path / "a.png")


def test_an_empty_folder(tmp_path):
    assert f"{tmp_path} is empty; put the images into one subfolder per class" in refusal(tmp_path)


def test_a_folder_without_images(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/clip.mp4").write_bytes(b"x")
    assert f"{tmp_path} holds no image; put" in refusal(tmp_path)


def test_images_without_class_folders(tmp_path):
    for index in range(3):
        picture(tmp_path / f"{index}.png")
    assert f"{tmp_path} has 3 images but no class folders; put" in refusal(tmp_path)


def test_splits_are_not_classes(tmp_path):
    picture(tmp_path / "train/cat/1.png")
    picture(tmp_path / "val/cat/1.png")
    assert refusal(tmp_path).endswith(f"holds splits (train, val), not classes; choose one: --data {tmp_path / 'val'}")
    picture(tmp_path / "photos/train/1.png")
    assert FolderSource(tmp_path / "photos").group_names == ["train"]  # the vehicle


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    picture(tmp_path / "cat/1.png")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("cat"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert refusal(tmp_path) == f"{tmp_path / 'cat'} cannot be read: permission denied; correct its permissions"


def test_real_folder(real_data):
    source = FolderSource(real_data / "cifar10")
    assert len(source.group_names) == 10 and np.bincount(source.labels).tolist() == [200] * 10
    assert source.load(1999).size == (32, 32) and source.skipped == []


def test_what_a_system_keeps_beside_pictures_is_left_out_and_counted(tmp_path):
    for i in range(6):
        picture(tmp_path / f"cat/{i}.png")
        for thumbnail in ("SYNOPHOTO_THUMB_S.jpg", "SYNOPHOTO_THUMB_M.jpg", "SYNOPHOTO_THUMB_XL.jpg"):
            picture(tmp_path / f"cat/@eaDir/{i}.png/{thumbnail}")
    for other in ["#recycle/cat/9.png", "$RECYCLE.BIN/9.png", "cat/._0.png", "lost+found/9.png", "__MACOSX/cat/0.png"]:
        picture(tmp_path / other)
    (tmp_path / "cat/Thumbs.db").write_bytes(b"x")
    source = FolderSource(tmp_path)
    assert source.names == [f"cat/{i}.png" for i in range(6)] and source.group_names == ["cat"]
    assert source.skipped == []
    (told,) = source.notes
    assert "23 files that look like pictures, hidden or the system's own (" in told and "@eaDir" in told
    assert FolderSource(tmp_path / "cat" / "@eaDir").notes == (), "who gives such a folder means it"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_of_the_system_need_not_be_readable(tmp_path):
    picture(tmp_path / "cat/1.png")
    (tmp_path / "System Volume Information").mkdir(mode=0)
    assert FolderSource(tmp_path).names == ["cat/1.png"]
