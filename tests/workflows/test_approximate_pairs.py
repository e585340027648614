"""Pairs by an approximate first stage: from the command to the report, which says what may be missing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from failscape.cli import main
from tests.targets.encoders.mining.test_mining import clustered

N = 3000
SURE = "Every pair was compared"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of two encoders."""
    root = tmp_path_factory.mktemp("files")
    np.save(root / "target.npy", clustered(N, 24, 0))
    np.save(root / "reference.npy", clustered(N, 16, 1, 0.5))
    return root


def mined(files: Path, out: Path, *more: str) -> int:
    both = ["--target", f"npy:{files / 'target.npy'}", "--reference", f"npy:{files / 'reference.npy'}"]
    how = ["--above", "0.9", "--below", "0.5", "--same", "0.98"]
    return main(["pairs", *both, *how, "--out", str(out), *more])


def test_what_is_missed_is_measured_and_said(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, part = tmp_path / "whole.parquet", tmp_path / "part.parquet"
    assert mined(files, whole, "--quiet") == 0
    capsys.readouterr()
    assert mined(files, part, "--approximate", "8") == 0
    printed = " ".join(capsys.readouterr().out.split())
    every, some = pd.read_parquet(whole), pd.read_parquet(part)
    kept = every.merge(some[["first", "second"]], on=["first", "second"])
    columns = ["first", "second", "target", "reference", "blindness"]
    pd.testing.assert_frame_equal(some[columns], kept[columns])
    summary = json.loads((tmp_path / "part" / "summary.json").read_text())
    recall = summary["approximate"]["recall"]
    assert recall["n_drawn"] == 2000 and recall["low"] < recall["rate"] < recall["high"] < 0.9
    assert abs(recall["rate"] - len(some) / len(every)) < 0.1, "references are drawn apart from targets"
    sentence = f"found {recall['n_found']:,} of {recall['n_true']:,} pairs"
    report = (tmp_path / "part" / "report.html").read_text()
    assert sentence in printed and sentence in report
    proposed = summary["approximate"]["proposed"]
    assert f"{len(some):,} of {proposed:,} pairs that an approximate search proposed of {N * (N - 1) // 2:,}" in report
    assert "8 nearest neighbors of each item, from 16 of 75 groups" in report
    assert SURE not in report and SURE in (tmp_path / "whole" / "report.html").read_text()
    assert "--approximate 8" in report.split("<pre>")[1]
    assert json.loads((tmp_path / "whole" / "summary.json").read_text())["approximate"] is None


def test_the_default_finds_nearly_all(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    assert mined(files, out, "--quiet", "--approximate") == 0
    approximate = json.loads((tmp_path / "pairs" / "summary.json").read_text())["approximate"]
    assert approximate["neighbors"] == 64 and approximate["recall"]["rate"] > 0.97


def test_where_no_pair_is_alike_the_recall_is_not_known(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    assert mined(files, out, "--quiet", "--approximate", "--above", "0.99999", "--same", "1") == 0
    report = (tmp_path / "pairs" / "report.html").read_text()
    assert "The recall is not known: 2,000 drawn items are in no pair" in report and SURE not in report
    assert json.loads((tmp_path / "pairs" / "summary.json").read_text())["approximate"]["recall"]["rate"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--approximate", "0"], "--approximate"),
        (["--approximate", "--confounded"], "leave --approximate out"),
        (["--approximate", "--vary", "layer=2"], "leave --vary or --approximate out"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], words: str, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["pairs", "--quiet", "--data", "street:traffic?n=20", "--out", str(tmp_path / "pairs.parquet")]
    assert main([*argv, *options]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
