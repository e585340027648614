"""Tables of pictures and captions: which columns are read, and what becomes of rows that lack something."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.data.base import Skipped, Unreadable
from failscape.data.pairs.captioned import open_captioned
from failscape.data.street.traffic.captions import plain_caption
from failscape.data.street.traffic.source import TrafficSource
from failscape.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, level in (("a.png", 10), ("two  blanks.png", 200)):
        Image.fromarray(np.full((4, 5, 3), level, np.uint8)).save(tmp_path / name)
    return tmp_path


def test_pictures_are_found_from_the_tables_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (folder / "t.csv").write_text("file_name,text\na.png,dark\ntwo  blanks.png,light\na.png, very dark \n")
    source = open_captioned(str(folder / "t.csv"))
    assert list(source.names) == ["a.png", "two  blanks.png", "a.png#2"]
    assert [source.caption(row) for row in range(3)] == ["dark", "light", "very dark"]
    assert [np.asarray(source.load(row)).mean() for row in range(3)] == [10, 200, 10]
    assert source.group_names == ("all",) and source.skipped == []


def test_columns_are_named(folder: Path) -> None:
    table = pd.DataFrame({"x": ["a.png"], "image": ["none.png"], "said": ["dark"], "caption": ["no"], "of": ["tea"]})
    table.to_parquet(folder / "t.parquet")
    source = open_captioned(f"{folder / 't.parquet'}?image=x&caption=said&topic=of&name=said")
    assert source.names == ["dark"] and source.caption(0) == "dark" and source.group_names == ("tea",)
    assert source.load(0).size == (5, 4)


def test_rows_that_lack_something_are_listed(folder: Path) -> None:
    lines = [
        '{"image": "a.png", "caption": "dark"}',
        '{"image": "a.png"}',
        '{"image": null, "caption": "dark"}',
        '{"image": {"bytes": "00"}, "caption": "dark"}',
        '{"image": "a.png", "caption": ["dark", "darker"]}',
        '{"image": "a.png", "caption": 7}',
        '{"image": "a\\u0000.png", "caption": "dark"}',
        "nothing",
        '{"image": "gone.png", "caption": "gone"}',
    ]
    (folder / "t.jsonl").write_text("\n".join(lines))
    source = open_captioned(str(folder / "t.jsonl"))
    assert source.names == ["a.png", "gone.png"]
    reasons = ["no caption", *["no path of a picture"] * 2, "several captions in a row", "not text"]
    reasons += ["no path of a picture", "not valid JSON"]
    assert source.skipped == [Skipped(f"t.jsonl/{row:06d}", reason) for row, reason in enumerate(reasons, start=2)]
    with pytest.raises(Unreadable, match="no such file"):
        source.load(1)


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (
            "image,title\na.png,dark\n",
            "",
            "has no column caption, text, description or prompt; name that of the captions with",
        ),
        (
            "a,caption\na.png,dark\n",
            "",
            "has no column image, image_path, .* name that of the images with",
        ),
        ("image,caption\na.png,dark\n", "?image=imag", "has no column 'imag'; did you mean image"),
        ("image,caption\na.png,dark\n", "?picture=image", "has no option picture"),
        (
            "image,caption\na.png,\n,dark\n",
            "",
            "with a caption .1 no caption, 1 no path of a picture.",
        ),
    ],
)
def test_tables_without_captions_are_refused(content: str, options: str, words: str, folder: Path) -> None:
    (folder / "t.csv").write_text(content)
    with pytest.raises(UsageError, match=words):
        open_captioned(f"{folder / 't.csv'}{options}")


def test_scenes_have_their_plain_caption() -> None:
    source = open_captioned("street:traffic?n=3&seed=2")
    assert [source.caption(row) for row in range(3)] == [plain_caption(scene) for scene in TrafficSource(3, 2).scenes]
