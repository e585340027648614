"""Mined pairs from the command to the report, over two encoders whose blindness is known exactly."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from failscape.cli import main
from failscape.data.street.traffic.source import TrafficSource
from failscape.targets import load_target
from failscape.targets.encoders.mining.similarity import cosines
from tests.support import pair_encoders
from tests.workflows.test_narrow_pages import HIDDEN

COMMAND = ["pairs", "--target", "seesred:", "--reference", "seesall:", "--quiet"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures in two folders; picture 2 k + 1 has the red of picture 2 k."""
    root = tmp_path_factory.mktemp("pictures")
    for index, pixels in enumerate(pair_encoders.pictures()):
        path = root / ("first" if index % 2 == 0 else "second") / f"{index:02d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
    return root


@pytest.fixture(scope="module")
def found(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of a search."""
    out = tmp_path_factory.mktemp("out") / "pairs.parquet"
    assert main([*COMMAND, "--data", str(folder), "--vary", "scale=2", "--out", str(out)]) == 0
    return out


def unit(pixels: np.ndarray, channels: int) -> np.ndarray:
    values = ((pixels[..., :channels].transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5).reshape(len(pixels), -1)
    return np.asarray(values, np.float64)


def test_the_pairs_are_those_of_brute_force(found: Path) -> None:
    pixels = pair_encoders.pictures()
    first, second = np.triu_indices(len(pixels), 1)
    blind = (cosines(unit(pixels, 1), first, second) > 0.95) & (cosines(unit(pixels, 3), first, second) < 0.6)
    table = pd.read_parquet(found)
    names = {frozenset(pair) for pair in table[["first_name", "second_name"]].to_numpy().tolist()}
    there = [f"{'first' if index % 2 == 0 else 'second'}/{index:02d}.png" for index in range(len(pixels))]
    assert names == {frozenset((there[a], there[b])) for a, b in zip(first[blind], second[blind], strict=True)}
    assert len(table) == 30 and not table["repeats"].any()
    assert np.allclose(table["blindness"], table["target"] - table["reference"])


def test_the_summary_says_what_differs_and_how_stable_it_is(found: Path) -> None:
    summary = json.loads((found.with_suffix("") / "summary.json").read_text())
    assert (summary["items"], summary["pairs"], summary["blind"], summary["blind_counted"]) == (60, 1770, 30, 30)
    (group,) = summary["differing"]
    assert group["fact"] == "group" and group["rate"] == 1 and group["verdict"] == "more often"
    assert group["random"] == pytest.approx(1 - 2 * 30 * 29 / (60 * 59))
    assert len(summary["by_region"]["regions"]) == 3 and sum(summary["by_region"]["pairs"]) == 30
    (row,) = summary["by_region"]["facts"]
    assert row["fact"] == "group" and sum(row["of"]) == sum(row["differs"]) == 30
    (same,) = summary["varied"]
    assert (same["setting"], same["n_kept"], same["n_appeared"], same["n_vanished"]) == ("scale=2", 30, 0, 0)
    assert not (found.with_suffix("") / "parts").exists()


def test_the_report_shows_the_blindest_pairs(found: Path) -> None:
    text = (found.with_suffix("") / "report.html").read_text()
    table = pd.read_parquet(found).sort_values("blindness", ascending=False)
    gallery = text.split('<section id="blindest">')[1].split("</section>")[0]
    shown = [line for line in gallery.split("\n") if "<figcaption>" in line]
    assert len(shown) == 24, "no more than that"
    for caption, row in zip(shown, table.itertuples(), strict=False):
        assert f"target <b>{row.target:.3f}</b>, reference <b>{row.reference:.3f}</b>" in caption
        assert f"{row.first_name}, {row.second_name}</figcaption>" in caption
    assert "30 of 1,770 pairs of pictures are more similar than 0.950 to the target" in text


@pytest.mark.parametrize("width", [400, 1280])
def test_the_report_fits_a_telephone(width: int, found: Path, browser: Any) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    try:
        browser.get((found.with_suffix("") / "report.html").as_uri())
        assert browser.execute_script(HIDDEN) == [False, []]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_tensorboard_holds_the_last_search(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs" / "events.out.tfevents.of.others").touch()
    for above in ("0.9", "0.95"):
        assert main([*COMMAND, "--data", str(folder), "--above", above, "--out", str(out)]) == 0
    assert len(list((tmp_path / "pairs" / "board").glob("events.out.tfevents.*"))) == 1
    assert (tmp_path / "pairs" / "events.out.tfevents.of.others").exists()
    events = EventAccumulator(str(tmp_path / "pairs" / "board"), size_guidance={"images": 0, "tensors": 0}).Reload()
    assert events.Scalars("pairs/blind")[0].value == len(pd.read_parquet(out)) == 30
    assert set(events.Tags()["images"]) == {"pairs/blindest", "pairs/similarities"}
    texts = {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in events.Tags()["tensors"]}
    assert "| group | 100\N{NO-BREAK SPACE}% |" in texts["pairs/differs"] and "--above 0.95" in texts["pairs/summary"]


def test_copies_and_near_duplicates_count_once(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "pictures"
    shutil.copytree(folder, data)
    shutil.copy(data / "first" / "00.png", data / "first" / "00 copy.png")
    pixels = np.asarray(Image.open(data / "second" / "03.png")).copy()
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(data / "second" / "03 nearly.png")
    assert main([*COMMAND, "--data", str(data), "--out", str(tmp_path / "pairs.parquet")]) == 0
    summary = json.loads((tmp_path / "pairs" / "summary.json").read_text())
    assert (summary["items"], summary["copies"], summary["near_duplicates"]) == (61, 1, 1)
    assert (summary["blind"], summary["blind_counted"]) == (31, 30)
    table = pd.read_parquet(tmp_path / "pairs.parquet")
    assert set(table["second_name"][table["first_name"] == "first/02.png"]) == {"second/03.png", "second/03 nearly.png"}
    assert table["repeats"][table["first_name"] == "first/02.png"].tolist().count(True) == 1


def test_pictures_that_cannot_be_read_are_listed(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "pictures"
    shutil.copytree(folder, data)
    (data / "first" / "00.png").write_bytes(b"no picture")
    (data / "loose.png").write_bytes((data / "first" / "02.png").read_bytes()[:60])
    assert main([*COMMAND, "--data", str(data), "--out", str(tmp_path / "pairs.parquet")]) == 0
    skipped = pd.read_csv(tmp_path / "pairs" / "skipped.csv")
    assert skipped["name"].tolist() == ["first/00.png", "loose.png"]
    assert len(pd.read_parquet(tmp_path / "pairs.parquet")) == 29
    assert main([*COMMAND, "--data", str(folder), "--out", str(tmp_path / "pairs.parquet")]) == 0
    assert not (tmp_path / "pairs" / "skipped.csv").exists(), "nothing of the search before is left"


@pytest.mark.parametrize("made", ["table", "beside"])
def test_an_output_that_is_in_the_way_is_named(
    made: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pairs.parquet"
    out.mkdir() if made == "table" else out.with_suffix("").touch()
    assert main([*COMMAND, "--data", str(folder), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert str(out.with_suffix("")) in error and error.count("\n") == 1


def test_there_are_no_more_regions_than_pictures(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    options = ["--above", "-0.99", "--below", "0.9999", "--regions", "100"]
    assert main([*COMMAND, "--data", f"{folder}", "--max-items", "20", *options, "--out", str(out)]) == 0
    by_region = json.loads((tmp_path / "pairs" / "summary.json").read_text())["by_region"]
    assert 2 <= len(by_region["regions"]) <= 20


def test_what_was_stopped_goes_on(folder: Path, found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "pairs.parquet"
    with monkeypatch.context() as patch:
        patch.setattr("failscape.workflows.pairs.findings", _interrupt)
        assert main([*COMMAND, "--data", str(folder), "--vary", "scale=2", "--out", str(out)]) == 130
    assert not out.exists()
    assert main([*COMMAND, "--data", str(folder), "--vary", "scale=2", "--out", str(out)]) == 0
    assert out.read_bytes() == found.read_bytes()


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "seesred:?scale=nan"], "gives NaN or infinite embeddings"),
        (["--target", "seesred:?scale=0"], "the vector of item 0 is 0 and has no direction"),
        (["--target", "embedded:street-reports"], "is no encoder"),
        (["--target", "street"], "street"),
        (["--data", "nowhere"], "there is no folder nowhere"),
        (["--above", "high"], "--above: 'high' is no threshold"),
        (["--above", "2"], "the target threshold is a cosine from -1 to 1, not 2"),
        (["--vary", "layer"], "--vary takes an option of the target and its value"),
        (["--vary", "size=2"], "size"),
        (["--target", "seesred:?scale=1", "--reference", ""], "need --reference"),
        (["--data", ""], "need --data"),
        (["--out", "pairs.csv"], "give a file that ends in .parquet"),
        (["--precision", "float8"], "--precision takes auto, float32 or bfloat16, not 'float8'"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], words: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [] if "--out" in options else ["--out", str(tmp_path / "pairs.parquet")]
    assert main([*COMMAND, "--data", str(folder), *out, *options]) == 2
    error = capsys.readouterr().err
    assert words in error and error.startswith("error: ") and error.count("\n") == 1


def test_one_picture_makes_no_pair(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "pictures"
    data.mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(folder / "first" / "00.png", data / name)
    assert main([*COMMAND, "--data", str(data), "--out", str(tmp_path / "pairs.parquet")]) == 2
    assert "has one different item (2 with copies); pairs need two or more" in capsys.readouterr().err
    (data / "b.png").unlink()
    assert main([*COMMAND, "--data", str(data), "--out", str(tmp_path / "pairs.parquet")]) == 2
    assert "pairs need two or more different items, and there is one" in capsys.readouterr().err


def test_pictures_and_texts_make_no_pair(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.support.tiny_encoders import hf_folder

    text = hf_folder(tmp_path / "text", "CLIPTextModel")
    argv = [*COMMAND, "--reference", f"hf:{text}", "--data", str(folder), "--out", str(tmp_path / "pairs.parquet")]
    assert main(argv) == 2
    assert "both must read the same items" in capsys.readouterr().err


def test_a_classifier_stands_for_its_features(tmp_path: Path) -> None:
    signs = load_target("embedded:street-signs", "cpu")
    how = ["--above", "q0.99", "--below", "q0.9", "--out", str(tmp_path / "pairs.parquet"), "--quiet"]
    both = ["--target", "embedded:street-signs", "--reference", "seesall:"]
    assert main(["pairs", *both, "--data", "street:traffic?n=80", *how]) == 0
    source = TrafficSource(80)
    pixels = torch.stack([signs.prepare(source.load(index)) for index in range(80)])
    features = signs(pixels).features.numpy()
    table = pd.read_parquet(tmp_path / "pairs.parquet")
    assert len(table) >= 3
    found = cosines(features, table["first"].to_numpy(), table["second"].to_numpy())
    np.testing.assert_allclose(table["target"], found, atol=1e-5)
