"""MMVP's layout: a reader of it gets back what was written, and a folder is whole or not there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.data.pairs.mmvp import MmvpPair, write_mmvp
from failscape.errors import UsageError
from tests.support.mmvp import read_mmvp

QUESTIONS = ['Is it "red", or not?', "Wie viele Vögel,\u00a0bitte?"]


def pairs() -> Iterator[MmvpPair]:
    smooth = np.add.outer(np.arange(40), np.arange(60))[..., None] * np.array([2, 1, 2])
    for number, question in enumerate(QUESTIONS):
        pictures = [(smooth + 20 * side + number).astype(np.uint8) for side in (0, 1)]
        yield MmvpPair(
            question, ("yes, it is", "NA"), ("b", "a"), (pictures[0], pictures[1]), "text", ("x, y", "z"), 0.97, 0.5
        )


def test_a_reader_gets_the_same_questions_back(tmp_path: Path) -> None:
    write_mmvp(tmp_path / "mmvp", pairs())
    lines = read_mmvp(tmp_path / "mmvp")
    assert [line.question for line in lines] == [question for question in QUESTIONS for _ in range(2)]
    assert {line[1:3] for line in lines} == {("yes, it is", "NA")}
    assert [line.answer for line in lines] == ["(b)", "(a)", "(b)", "(a)"]
    assert (tmp_path / "mmvp" / "Questions.csv").read_text().split("\n")[0] == "Index,Question,Options,Correct Answer"


def test_pictures_keep_what_a_jpeg_can(tmp_path: Path) -> None:
    write_mmvp(tmp_path / "mmvp", pairs())
    written = [picture for pair in pairs() for picture in pair.pictures]
    for number, (line, picture) in enumerate(zip(read_mmvp(tmp_path / "mmvp"), written, strict=True), start=1):
        assert np.abs(line.picture.astype(int) - picture).max() <= 6
        with Image.open(tmp_path / "mmvp" / "MMVP Images" / f"{number}.jpg") as image:
            assert image.format == "JPEG" and {part[1:3] for part in image.layer} == {(1, 1)}, "no colour is halved"


def test_patterns_have_a_line_per_pair(tmp_path: Path) -> None:
    write_mmvp(tmp_path / "mmvp", pairs())
    table = pd.read_csv(tmp_path / "mmvp" / "patterns.csv")
    assert table.to_dict("list") == {
        "pair": [1, 2],
        "pattern": ["text", "text"],
        "first": ["x, y"] * 2,
        "second": ["z"] * 2,
        "target": [0.97] * 2,
        "reference": [0.5] * 2,
    }


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path} exists already; name a folder that does not"):
        write_mmvp(tmp_path, pairs())
    assert not list(tmp_path.iterdir())


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[MmvpPair]:
        yield next(pairs())
        raise UsageError("gone")

    with pytest.raises(UsageError, match="gone"):
        write_mmvp(tmp_path / "mmvp", broken())
    assert not list(tmp_path.iterdir())


def test_a_place_that_nobody_may_write_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=f"cannot write {tmp_path / 'file' / 'mmvp'}: .*; name another folder"):
        write_mmvp(tmp_path / "file" / "mmvp", pairs())
