"""How pictures are drawn: the options of a ``diffusers:`` target, checked before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from failscape.common.safe_open import Irregular, read_small
from failscape.errors import UsageError, did_you_mean

FILE = "sampling_config.json"  # beside a checkpoint: the options that it was made for
BATCH = 8  # pictures at a time
OFFLOAD = ("no", "model", "sequential")
SIDES = 8  # [px] that width and height are multiples of
LIMITS = {"steps": (1, 1000), "guidance": (0.0, 100.0), "batch": (1, 4096)}


class Sampling(NamedTuple):
    """Options of drawing; None is what the pipeline itself does."""

    steps: int | None = None
    guidance: float | None = None  # weight of the prompt beside no prompt; 1 asks the network once a step
    width: int | None = None  # [px]
    height: int | None = None
    scheduler: str | None = None  # a class of diffusers
    batch: int = BATCH  # pictures at a time: they differ in their last bits between batch sizes
    slicing: bool = False  # decode one picture after the other
    tiling: bool = False  # decode large pictures in parts
    offload: str = "no"  # keep parts that are not in use off the device

    @property
    def call(self) -> dict[str, Any]:
        """Arguments for the pipeline's call."""
        named = {
            "num_inference_steps": self.steps,
            "guidance_scale": self.guidance,
            "width": self.width,
            "height": self.height,
        }
        return {name: value for name, value in named.items() if value is not None}


def sampling(uri: str, folder: Path, options: Mapping[str, str]) -> Sampling:
    """The options of a URI, and those of ``sampling_config.json`` in the folder where the URI names none.

    Raises:
        UsageError: an option is unknown or has no such value.
    """
    known = ("steps", "guidance", "size", "scheduler", "batch", "slicing", "tiling", "offload")
    given = {**_of_folder(folder), **options}
    for option in given:
        if option not in known:
            raise UsageError(f"{uri}: no option '{option}'{did_you_mean(option, known)}")
    width, height = _size(uri, given.get("size"))
    return Sampling(
        _number(uri, "steps", given.get("steps"), int),
        _number(uri, "guidance", given.get("guidance"), float),
        width,
        height,
        given.get("scheduler"),
        _number(uri, "batch", given.get("batch"), int) or BATCH,
        _switch(uri, "slicing", given.get("slicing")),
        _switch(uri, "tiling", given.get("tiling")),
        _one_of(uri, "offload", given.get("offload", "no"), OFFLOAD),
    )


def _of_folder(folder: Path) -> dict[str, str]:
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        found = json.loads(read_small(path))
    except Irregular:
        raise
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(f'{path} is damaged; it holds options such as {{"steps": 20}}')
    return {str(name): str(value) for name, value in found.items()}


def _number(uri: str, option: str, text: str | None, kind: Any) -> Any:
    if text is None:
        return None
    low, high = LIMITS[option]
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        what = "a whole number" if kind is int else "a number"
        raise UsageError(f"{uri}: {option} is {what} from {low:g} to {high:g}, not '{text}'")
    return value


def _size(uri: str, text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    parts = text.split("x") if "x" in text else [text, text]
    if len(parts) == 2 and all(part.isdecimal() and int(part) > 0 and int(part) % SIDES == 0 for part in parts):
        return int(parts[0]), int(parts[1])
    raise UsageError(f"{uri}: size is WIDTHxHEIGHT or one number, in multiples of {SIDES} pixels, not '{text}'")


def _switch(uri: str, option: str, text: str | None) -> bool:
    return _one_of(uri, option, text or "no", ("yes", "no")) == "yes"


def _one_of(uri: str, option: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise UsageError(f"{uri}: {option} is one of {', '.join(known)}, not '{text}'")
    return text
