"""An image folder with one subfolder per class, at any depth below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from failscape.common.label_rules import LabelRule
from failscape.common.visible import well_formed
from failscape.data.base import Skipped
from failscape.data.files import about_left_out, files_below
from failscape.data.images.decode import decode
from failscape.errors import UsageError, closest

_IMAGE = re.compile(r"\.(jpe?g|jpe|jfif|jp2|j2k|a?png|gif|webp|avif|bmp|dib|tiff?|p[bgnp]m)", re.IGNORECASE)
_SIDE_FILE = re.compile(r"\.(txt|csv|tsv|jsonl?|md|xml|ya?ml|html?|log|ini|db)", re.IGNORECASE)  # db: Thumbs.db
OTHER = "other"  # the group of images outside class folders
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


class FolderSource:
    """The images of a folder like ``parts/bolt/0001.jpg``; labels index ``group_names``, its class folders by name.

    An item's name is its path below the folder, with ``/`` on every system. Side files (``.txt``, ``.csv`` ...) are
    passed over, and so are hidden files and what the system keeps there (``@eaDir``, ``Thumbs.db`` ...), of which a
    note counts those that look like images; any other file that has no image extension, and images outside the class
    folders, are skipped with the reason. A class folder without images is no class.

    Args:
        root: the folder.
        needs_classes: whether images outside class folders are refused; else they are of the group ``other``.

    Raises:
        UsageError: there is no such folder, it holds no image, or no class folders where they are needed.
    """

    label_rules: tuple[LabelRule, ...] = ()

    def __init__(self, root: str | Path, *, needs_classes: bool = True) -> None:
        self.root = Path(root)
        _require_folder(self.root)
        self._paths, self.skipped, self.notes = _scan(self.root)
        images = sorted(self._paths)
        classed = [name for name in images if "/" in name]
        loose = [name for name in images if "/" not in name]
        if not (classed if needs_classes else images):
            raise UsageError(_without_classes(self.root, len(loose), needs_classes))
        if needs_classes:
            self.skipped += [Skipped(name, "outside the class folders") for name in loose]
        self.names: Sequence[str] = classed if needs_classes else images
        self.group_names: Sequence[str] = sorted({_class_of(name) for name in self.names})
        if needs_classes:
            _refuse_splits(self.root, classed, self.group_names)
        index = {name: place for place, name in enumerate(self.group_names)}
        self.labels = np.array([index[_class_of(name)] for name in self.names], dtype=np.int64)

    def load(self, index: int) -> Image.Image:
        """One picture, in RGB and upright.

        Raises:
            Unreadable: see ``decode``.
        """
        return decode(self._paths[self.names[index]])


def _class_of(name: str) -> str:
    return name.split("/", 1)[0] if "/" in name else OTHER


def _require_folder(root: Path) -> None:
    if root.is_dir():
        return
    if root.exists():
        raise UsageError(f"{root} is a file; --data takes a folder with one subfolder of images per class")
    beside = [path.name for path in root.parent.iterdir() if path.is_dir()] if root.parent.is_dir() else []
    guess = closest(root.name, beside) or "; give a folder with one subfolder of images per class"
    raise UsageError(f"there is no folder {root}{guess}")


def _scan(root: Path) -> tuple[dict[str, Path], list[Skipped], tuple[str, ...]]:
    """All images below the folder by their names, what is skipped, in the order of names, and what to say of others."""
    images: dict[str, Path] = {}
    skipped = []
    files = files_below(root)
    for path in files.shown:
        name = well_formed(path.relative_to(root).as_posix())
        if _IMAGE.fullmatch(path.suffix):
            images[name] = path
        elif not _SIDE_FILE.fullmatch(path.suffix):
            skipped.append(Skipped(name, "not an image"))
    hidden = [(path, part) for path, part in files.left_out if _IMAGE.fullmatch(path.suffix)]
    return images, sorted(skipped), about_left_out(root, hidden, "pictures")


def _without_classes(root: Path, n_images: int, needs_classes: bool) -> str:
    if n_images:
        what = f"has {n_images} images but no class folders"
    else:
        what = "holds no image" if any(root.iterdir()) else "is empty"
    if not needs_classes:
        return f"{root} {what}; give a folder with images"
    return f"{root} {what}; put the images into one subfolder per class, named as the target's classes"


def _refuse_splits(root: Path, names: list[str], classes: Sequence[str]) -> None:
    """``train/`` and ``val/`` with the classes inside are a common layout, and would be two classes here."""
    if {name.lower() for name in classes} <= _SPLITS and all(name.count("/") > 1 for name in names):
        raise UsageError(
            f"{root} holds splits ({', '.join(classes)}), not classes; choose one: --data {root / classes[-1]}"
        )
