"""From what the user typed for data to a source labelled with the target's classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from failscape.common.uri import Uri, check_options, parse_uri, typed
from failscape.data.base import PictureSource
from failscape.data.images.folder import FolderSource
from failscape.data.images.huggingface import HuggingFaceSource
from failscape.data.images.torchvision import TorchvisionSource
from failscape.data.labels.matching import Matching
from failscape.data.labels.relabel import relabel
from failscape.errors import UsageError, did_you_mean


def open_source(
    spec: str | Path,
    class_names: Sequence[str],
    *,
    mapping: str | Path | None = None,
    only_matching: bool = False,
    target: str = "the target",
) -> PictureSource:
    """The data that the user named, labelled with the target's classes.

    Args:
        spec: a folder with one subfolder per class, ``street:?n=4000&seed=0&size=64&gaps=false`` (signs),
            ``street:traffic?n=4000&seed=0&size=64&group=vehicle`` (scenes, by one of their factors),
            ``torchvision:NAME?root=DIR&split=test`` or ``hf:NAME_OR_FOLDER?split=test&image=image&label=label``.
        class_names: the target's ``(C,)``, in the order of its outputs.
        mapping: a CSV file ``folder,class`` for classes of the data that match none by name.
        only_matching: leave those out instead of refusing them.
        target: how messages call the target.

    Raises:
        UsageError: the data cannot be found or read, or its classes are not the target's.
    """
    parsed = _parsed(spec)
    source = _OPENERS[parsed.scheme](parsed)
    how = Matching(
        mapping=mapping,
        only_matching=only_matching,
        where=f"{parsed.scheme}:{parsed.name}" if parsed.scheme else parsed.name,
        target=target,
        noun="class" if parsed.scheme else "class folder",
    )
    return relabel(source, class_names, how)


def open_pictures(spec: str | Path) -> PictureSource:
    """The same data with whatever labels it has; the pictures of a folder need no class folders.

    Raises:
        UsageError: the data cannot be found or read.
    """
    parsed = _parsed(spec)
    return FolderSource(parsed.name, needs_classes=False) if not parsed.scheme else _OPENERS[parsed.scheme](parsed)


def _parsed(spec: str | Path) -> Uri:
    is_path = isinstance(spec, Path) or Path(spec).is_dir()
    parsed = Uri("", str(spec), {}) if is_path else parse_uri(str(spec))
    if parsed.scheme not in _OPENERS:
        guess = did_you_mean(parsed.scheme, filter(None, _OPENERS))
        raise UsageError(f"there is no folder {spec} and no kind of data {parsed.scheme!r}{guess}")
    return parsed


def _open_folder(uri: Uri) -> PictureSource:
    return FolderSource(uri.name)


def _open_street(uri: Uri) -> PictureSource:
    from failscape.data.street import StreetSource
    from failscape.data.street.traffic.source import TrafficSource

    if uri.name not in _STREET:
        raise UsageError(
            f"street:{uri.name} is no part of the street world; there are street: (signs) and street:traffic, with "
            "options after ?, as in street:?n=1000"
        )
    defaults, where = _STREET[uri.name], f"street:{uri.name}"
    check_options(where, uri.options, defaults)
    options: dict[str, Any] = {key: typed(where, key, value, defaults[key]) for key, value in uri.options.items()}
    return TrafficSource(**options) if uri.name == "traffic" else StreetSource(**options)


def _open_torchvision(uri: Uri) -> PictureSource:
    return TorchvisionSource(uri.name, uri.options)


def _open_hf(uri: Uri) -> PictureSource:
    return HuggingFaceSource(uri.name, uri.options)


_STREET: dict[str, dict[str, int | bool | str]] = {
    "": {"n": 4000, "seed": 0, "size": 64, "gaps": False},
    "traffic": {"n": 4000, "seed": 0, "size": 64, "group": "vehicle"},
}
_OPENERS: dict[str, Callable[[Uri], PictureSource]] = {
    "": _open_folder,
    "street": _open_street,
    "torchvision": _open_torchvision,
    "hf": _open_hf,
}
