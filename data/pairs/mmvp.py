"""Pairs of pictures with questions in the layout of MMVP (Tong et al. 2024), which its readers expect.

``Questions.csv`` has a line per picture, numbered from 1; lines 2 i - 1 and 2 i ask the same of the two pictures of
pair i, which lie in ``MMVP Images`` by the numbers of their lines. ``patterns.csv`` has a line per pair.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from failscape.errors import UsageError

QUESTIONS, PICTURES, PATTERNS = "Questions.csv", "MMVP Images", "patterns.csv"
HEADING = ("Index", "Question", "Options", "Correct Answer")
PATTERN_HEADING = ("pair", "pattern", "first", "second", "target", "reference")


class MmvpPair(NamedTuple):
    """One pair."""

    question: str
    options: tuple[str, str]
    answers: tuple[str, str]  # correct for the first and for the second picture, "a" or "b"
    pictures: tuple[np.ndarray, np.ndarray]  # (H, W, 3) uint8 each
    pattern: str
    names: tuple[str, str]
    target: float  # similarities
    reference: float


def write_mmvp(folder: Path, pairs: Iterable[MmvpPair]) -> None:
    """Write a new folder, whole or not at all.

    Raises:
        UsageError: the folder exists, or cannot be made.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already; name a folder that does not")
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
        (partial / PICTURES).mkdir(parents=True)
        _fill(partial, pairs)
        os.replace(partial, folder)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}; name another folder") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, pairs: Iterable[MmvpPair]) -> None:
    with (
        (folder / QUESTIONS).open("w", encoding="utf-8", newline="") as questions,
        (folder / PATTERNS).open("w", encoding="utf-8", newline="") as patterns,
    ):
        asked, told = csv.writer(questions, lineterminator="\n"), csv.writer(patterns, lineterminator="\n")
        asked.writerow(HEADING)
        told.writerow(PATTERN_HEADING)
        for number, pair in enumerate(pairs, start=1):
            told.writerow((number, pair.pattern, *pair.names, pair.target, pair.reference))
            options = f"(a) {pair.options[0]} (b) {pair.options[1]}"
            for side, index in enumerate((2 * number - 1, 2 * number)):
                asked.writerow((index, pair.question, options, f"({pair.answers[side]})"))
                _write_picture(folder / PICTURES / f"{index}.jpg", pair.pictures[side])


def _write_picture(path: Path, picture: np.ndarray) -> None:
    """As a JPEG that keeps what it can: colours at full size, little quantized."""
    Image.fromarray(picture).save(path, "JPEG", quality=95, subsampling=0)
