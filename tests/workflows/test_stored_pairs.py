"""Pairs of vectors that are computed already: from the files to the report, with the data beside them and without."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.cli import main
from failscape.targets.encoders.mining.similarity import cosines
from tests.support import pair_encoders

N = 60


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in a folder, their vectors by two encoders, and a table of as many texts."""
    root = tmp_path_factory.mktemp("files")
    pixels = pair_encoders.pictures(N)
    flat = (pixels / 255 - 0.5) / 0.5
    np.save(root / "red.npy", flat[..., 0].reshape(N, -1).astype(np.float16))
    np.save(root / "all.npy", flat.reshape(N, -1))
    for index, picture in enumerate(pixels):
        path = root / "pictures" / ("first" if index % 2 == 0 else "second") / f"{index:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    texts = pd.DataFrame({"text": [f"text {index}" for index in range(N)], "kind": ["a", "b"] * (N // 2)})
    texts.to_csv(root / "texts.csv", index=False)
    return root


def mined(files: Path, out: Path, *more: str) -> int:
    both = ["--target", f"npy:{files / 'red.npy'}", "--reference", f"npy:{files / 'all.npy'}"]
    return main(["pairs", "--quiet", *both, "--out", str(out), *more])


def table_of(out: Path) -> tuple[pd.DataFrame, dict[str, Any], str]:
    beside = out.with_suffix("")
    summary = json.loads((beside / "summary.json").read_text())
    return pd.read_parquet(out), summary, (beside / "report.html").read_text()


def test_without_data_items_are_called_by_their_row(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    assert mined(files, out) == 0
    table, summary, report = table_of(out)
    red, everything = (np.load(files / name) for name in ("red.npy", "all.npy"))
    first, second = np.triu_indices(N, 1)
    blind = (cosines(red, first, second) > 0.95) & (cosines(everything, first, second) < 0.6)
    assert blind.sum() == 30
    assert table["first"].tolist() == first[blind].tolist() and table["second"].tolist() == second[blind].tolist()
    assert table["first_name"].tolist() == [f"row {row}" for row in first[blind]]
    np.testing.assert_array_equal(table["target"], cosines(red, first[blind], second[blind]))
    assert (summary["items"], summary["pairs"], summary["blind"], summary["differing"]) == (60, 1770, 30, [])
    assert summary["settings"]["target"].startswith(f"{files / 'red.npy'} · 60 x 64 float16 · SHA-256 ")
    assert summary["settings"]["reference"] in report and "row 0, row 1</figcaption>" in report
    assert "30 of 1,770 pairs of items are more similar" in report and '<div class="sides">' not in report
    assert "--data" not in report.split("<pre>")[1].split("</pre>")[0]


def test_names_pictures_and_facts_come_from_the_data(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    data = tmp_path / "pictures"
    shutil.copytree(files / "pictures", data)
    np.save(tmp_path / "order.npy", [int(path.stem) for path in sorted(data.rglob("*.png"))])
    order = np.load(tmp_path / "order.npy")
    for name in ("red.npy", "all.npy"):
        np.save(tmp_path / name, np.load(files / name)[order])
    (data / "first" / "00.png").write_bytes(b"gone since")
    assert mined(tmp_path, out, "--data", str(data)) == 0
    table, summary, report = table_of(out)
    assert {*table["first_name"][:2]} == {"first/00.png", "first/02.png"} and len(table) == 30
    (group,) = summary["differing"]
    assert group["fact"] == "group" and group["rate"] == 1
    assert report.count('<div class="sides">') in (23, 24), "all but the pair whose picture is gone"


def test_texts_are_shown_where_the_data_are_texts(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    assert mined(files, out, "--data", f"{files / 'texts.csv'}?topic=kind") == 0
    table, summary, report = table_of(out)
    assert table["first_name"][0] == "texts.csv/000002" and summary["differing"][0]["rate"] == 1
    assert "<p>text 0</p>" in report


def test_a_file_stands_beside_an_encoder(files: Path, tmp_path: Path) -> None:
    data = files / "pictures"
    order = [int(path.stem) for path in sorted(data.rglob("*.png"))]
    np.save(tmp_path / "all.npy", np.load(files / "all.npy")[order])
    broken = tmp_path / "pictures"
    shutil.copytree(data, broken)
    (broken / "first" / "04.png").write_bytes(b"no picture")
    out = tmp_path / "pairs.parquet"
    for target, reference in (("seesred:", f"npy:{tmp_path / 'all.npy'}"), (f"npy:{tmp_path / 'all.npy'}", "seesred:")):
        how = ["--above", "0.95", "--below", "0.6"] if target == "seesred:" else ["--above", "-0.9", "--below", "0.5"]
        argv = ["pairs", "--quiet", "--target", target, "--reference", reference, "--data", str(broken), *how]
        assert main([*argv, "--out", str(out)]) == 0
        table, summary, _ = table_of(out)
        assert (summary["items"], summary["skipped"]) == (59, 1)
        if target == "seesred:":
            assert len(table) == 29 and (table["first_name"].str[-6:] != "04.png").all()
            numbers = [[int(name[-6:-4]) for name in table[f"{end}_name"]] for end in ("first", "second")]
            found = cosines(np.load(files / "all.npy"), *map(np.array, numbers))
            np.testing.assert_allclose(table["reference"], found, atol=1e-12)


def test_copies_are_left_out_and_a_draw_keeps_its_rows(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    for name in ("red.npy", "all.npy"):
        rows = np.load(files / name)
        np.save(tmp_path / name, np.concatenate([rows, rows[:5]]))
    assert mined(tmp_path, out) == 0
    table, summary, _ = table_of(out)
    assert (summary["items"], summary["copies"], summary["blind"]) == (60, 5, 30)
    assert mined(tmp_path, out, "--max-items", "40", "--seed", "3") == 0
    table, summary, _ = table_of(out)
    rows = table["first_name"].str.removeprefix("row ").astype(int), table["second_name"].str[4:].astype(int)
    np.testing.assert_array_equal(table["target"], cosines(np.load(tmp_path / "red.npy"), *map(np.array, rows)))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_no_pair_is_missed_whatever_the_lengths_are(precision: str, files: Path, tmp_path: Path) -> None:
    rng, out = np.random.default_rng(0), tmp_path / "pairs.parquet"
    for name in ("red.npy", "all.npy"):
        rows = np.load(files / name).astype(np.float64)
        lengths = 10 ** rng.uniform(-5.9, 5.9, len(rows)) / np.linalg.norm(rows, axis=1)
        np.save(tmp_path / name, rows * lengths[:, None])
    assert mined(tmp_path, out, "--precision", precision) == 0
    assert len(pd.read_parquet(out)) == 30


def test_a_search_that_was_stopped_goes_on(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("failscape.workflows.pairs.findings", interrupt)
        assert mined(files, tmp_path / "pairs.parquet") == 130
    assert mined(files, tmp_path / "pairs.parquet") == 0
    assert mined(files, tmp_path / "whole.parquet") == 0
    assert (tmp_path / "pairs.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize(
    ("row", "value", "words"),
    [
        (7, np.nan, "the vector of row 7 holds values that are no numbers"),
        (8, np.inf, "the vector of row 8 holds values that are no numbers"),
        (9, 0.0, "the vector of row 9 is 0 and has no direction"),
        (10, 1e-9, "the vector of row 10 has the length 8e-09; scale the vectors to lengths from 1e-06 to 1e+06"),
        (11, 1e200, "the vector of row 11 has the length"),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(
    row: int, value: float, words: str, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(files / "all.npy", tmp_path)
    rows = np.load(files / "red.npy").astype(np.float64)
    rows[row] = value
    np.save(tmp_path / "red.npy", rows)
    assert mined(tmp_path, tmp_path / "pairs.parquet", "--max-items", "5") == 2
    error = capsys.readouterr().err
    assert f"{tmp_path / 'red.npy'}: {words}" in error and error.count("\n") == 1


def test_files_and_data_of_other_items_are_refused(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*argv: str) -> str:
        assert main(["pairs", "--quiet", "--out", str(tmp_path / "pairs.parquet"), *argv]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and error.count("\n") == 1
        return error

    red, short = f"npy:{files / 'red.npy'}", f"npy:{tmp_path / 'short.npy'}"
    np.save(tmp_path / "short.npy", np.load(files / "all.npy")[:59])
    error = said("--target", red, "--reference", short)
    assert f"{red} has 60 rows and {short} has 59 rows: target and reference are of different data" in error
    both = ("--target", red, "--reference", f"npy:{files / 'all.npy'}")
    assert f"{red} has 60 rows and street:traffic?n=61 has 61 pictures" in said(*both, "--data", "street:traffic?n=61")
    (tmp_path / "texts.csv").write_text("text\na\n\na\nb\n")
    error = said(*both, "--data", str(tmp_path / "texts.csv"))
    assert "has 2 texts (without 1 that are left out); give a row for each, in the order of the data" in error
    assert "nowhere holds neither pictures (there is no folder nowhere" in said(*both, "--data", "nowhere")
    assert "is computed already, and has no options; leave --vary out" in said(*both, "--vary", "layer=2")
    assert "pairs of seesred: need --data" in said("--target", "seesred:", "--reference", red)
    assert f"pairs of {red} need --reference" in said("--target", red)
    assert f"{red} has 60 rows and street:traffic has 4,000 pictures" in said("--reference", red)
