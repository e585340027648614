"""Confounded pairs from the command to the report, over two towers whose vectors are known exactly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.cli import main
from failscape.data.street.traffic.source import TrafficSource
from failscape.targets import load_target
from failscape.targets.encoders.mining.similarity import cosines
from failscape.targets.outputs import EncoderOutputs
from failscape.workflows.confounded import COLUMNS
from tests.support import captioned_encoders, pair_encoders
from tests.support.captioned_encoders import N, caption_vectors
from tests.workflows.test_narrow_pages import HIDDEN

NUMBERS = ["first", "second", "first_gap", "second_gap"]
COMMAND = ["pairs", "--confounded", "--quiet", "--target", "captioned:"]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of sixty pictures below its folder, with a caption each."""
    root = tmp_path_factory.mktemp("captioned")
    (root / "shots").mkdir()
    for index, pixels in enumerate(pair_encoders.pictures(N)):
        Image.fromarray(pixels).save(root / "shots" / f"{index:02d}.png")
    rows = {
        "image": [f"shots/{index:02d}.png" for index in range(N)],
        "caption": [f"like {index}" for index in range(N)],
        "kind": ["even", "odd"] * (N // 2),
    }
    pd.DataFrame(rows).to_csv(root / "captions.csv", index=False)
    return root / "captions.csv"


@pytest.fixture(scope="module")
def found(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pairs of a search."""
    out = tmp_path_factory.mktemp("out") / "pairs.parquet"
    assert main([*COMMAND, "--data", f"{table}?topic=kind", "--out", str(out)]) == 0
    return out


def brute_force(pictures: np.ndarray, captions: np.ndarray) -> pd.DataFrame:
    everyone = np.arange(len(pictures))
    own = cosines(pictures, everyone, everyone, captions)
    first, second = np.triu_indices(len(pictures), 1)
    gaps = (
        cosines(pictures, first, second, captions) - own[first],
        cosines(pictures, second, first, captions) - own[second],
    )
    columns = {"first": first, "second": second, "first_gap": gaps[0], "second_gap": gaps[1]}
    pairs = pd.DataFrame(columns)[(gaps[0] > 0) & (gaps[1] > 0)]
    smaller = pairs[["first_gap", "second_gap"]].min(axis=1)
    return pairs.loc[smaller.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def flat() -> np.ndarray:
    pixels = pair_encoders.pictures(N)
    return np.asarray(((pixels.transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5).reshape(N, -1), np.float32)


def test_the_pairs_are_those_of_brute_force(found: Path) -> None:
    pairs, right = pd.read_parquet(found), brute_force(flat(), caption_vectors())
    assert tuple(pairs.columns) == COLUMNS and len(pairs) > 10
    pd.testing.assert_frame_equal(pairs[["first", "second"]], right[["first", "second"]])
    np.testing.assert_allclose(pairs[["first_gap", "second_gap"]], right[["first_gap", "second_gap"]], atol=1e-6)
    assert pairs["first_name"].tolist() == [f"shots/{index:02d}.png" for index in pairs["first"]]
    assert pairs["second_caption"].tolist() == [f"like {index}" for index in pairs["second"]]


def test_the_summary_counts_beside_what_was_compared(found: Path) -> None:
    pairs, summary = pd.read_parquet(found), json.loads((found.with_suffix("") / "summary.json").read_text())
    assert (summary["items"], summary["pairs"], summary["confounded"]) == (N, N * (N - 1) // 2, len(pairs))
    assert summary["items_in_pairs"] == len({*pairs["first"], *pairs["second"]})
    (group,) = summary["differing"]
    assert group["rate"] == pytest.approx(((pairs["first"] + pairs["second"]) % 2).mean())
    assert "tests LikePictures 192 (text)" in summary["settings"]["captions"]


def test_the_report_shows_both_pictures_and_both_captions(found: Path) -> None:
    text, best = (found.with_suffix("") / "report.html").read_text(), pd.read_parquet(found).iloc[0]
    gallery = text.split('<section id="pairs">')[1].split("</section>")[0]
    figure = gallery.split("<figure")[1]
    assert figure.count("<img ") == 2
    assert f"<p>{best['first_caption']}</p>" in figure and f"<p>{best['second_caption']}</p>" in figure
    assert f"gaps <b>{best['first_gap']:.2g}</b> and <b>{best['second_gap']:.2g}</b>" in figure
    assert f"{len(pd.read_parquet(found))} of 1,770 pairs of captioned pictures are confounded" in text
    assert "No one has judged whether a caption also fits the other picture" in text
    assert "pairs --confounded --target captioned: --data" in text


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


def test_pictures_that_cannot_be_read_take_their_captions_along(table: Path, found: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(table)
    rows["image"] = [str(table.parent / path) for path in rows["image"]]
    rows.loc[3, "image"], rows.loc[9, "image"], rows.loc[12, "caption"] = "gone.png", __file__, " "
    rows.to_json(tmp_path / "captions.jsonl", orient="records", lines=True)
    out = tmp_path / "pairs.parquet"
    assert main([*COMMAND, "--data", f"{tmp_path / 'captions.jsonl'}?name=caption", "--out", str(out)]) == 0
    skipped = pd.read_csv(tmp_path / "pairs" / "skipped.csv")
    assert dict(zip(skipped["reason"], skipped["name"], strict=True)) == {
        "no caption": "captions.jsonl/000013",
        "no such file or directory": "like 3",
        "not an image": "like 9",
    }
    before = pd.read_parquet(found)
    kept = before[~before[["first", "second"]].isin([3, 9, 12]).any(axis=1)]
    after = pd.read_parquet(out)
    assert after["first_name"].tolist() == kept["first_caption"].tolist()
    np.testing.assert_array_equal(after["second_gap"], kept["second_gap"])


def test_stored_vectors_of_pictures_and_captions(table: Path, found: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", flat())
    np.save(tmp_path / "captions.npy", caption_vectors())
    both = ["--target", f"npy:{tmp_path / 'pictures.npy'}", "--reference", f"npy:{tmp_path / 'captions.npy'}"]
    out = tmp_path / "pairs.parquet"
    assert main([*COMMAND, *both, "--out", str(out)]) == 0
    pairs, right = pd.read_parquet(out), brute_force(flat(), caption_vectors())
    np.testing.assert_array_equal(pairs["first_gap"], right["first_gap"])
    assert pairs["first_name"][0] == f"row {pairs['first'][0]}" and pairs["first_caption"].isna().all()
    report = (tmp_path / "pairs" / "report.html").read_text()
    assert '<div class="sides">' not in report and "60 x 192 float32 · SHA-256" in report
    assert main([*COMMAND, *both, "--data", str(table), "--out", str(out)]) == 0
    pairs = pd.read_parquet(out)
    assert pairs["first_caption"].tolist() == [f"like {index}" for index in pairs["first"]]


def test_copies_count_once(table: Path, found: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(table)
    rows["image"] = [str(table.parent / path) for path in rows["image"]]
    pd.concat([rows, rows[:9]]).to_parquet(tmp_path / "captions.parquet")
    out = tmp_path / "pairs.parquet"
    assert main([*COMMAND, "--data", str(tmp_path / "captions.parquet"), "--out", str(out)]) == 0
    summary = json.loads((tmp_path / "pairs" / "summary.json").read_text())
    assert (summary["items"], summary["copies"]) == (N, 9)
    pd.testing.assert_frame_equal(pd.read_parquet(out)[NUMBERS], pd.read_parquet(found)[NUMBERS])


def test_scenes_and_their_captions(tmp_path: Path) -> None:
    out, n = tmp_path / "pairs.parquet", 80
    target = "embedded:street-clip?backend=pil&layer=2"
    argv = ["pairs", "--confounded", "--quiet", "--target", target, "--data", f"street:traffic?n={n}"]
    assert main([*argv, "--out", str(out)]) == 0
    source, encoder = TrafficSource(n), load_target(target, "cpu")
    texts = np.array([source.captions(index, 1)[0] for index in range(n)], object)
    pictures = EncoderOutputs.joined([encoder(encoder.prepare(source.load(k))[None]) for k in range(n)])
    captions = load_target("embedded:street-clip?tower=text&layer=2", "cpu")(texts)
    right = brute_force(*(outputs.embeddings.numpy() for outputs in (pictures, captions)))
    table = pd.read_parquet(out)
    assert set(zip(table["first"], table["second"], strict=True)) == set(
        zip(right["first"], right["second"], strict=True)
    )
    assert len(table) > 100 and table["first_caption"].tolist() == texts[table["first"]].tolist()
    facts = {row["fact"] for row in json.loads((tmp_path / "pairs" / "summary.json").read_text())["differing"]}
    assert "vehicle" in facts


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "seesred:"], "seesred: gives no vectors of captions: seesred:?tower=text: no option 'tower'"),
        (["--target", "embedded:street-dino"], "embedded:street-dino gives no vectors of captions"),
        (["--target", "embedded:street-clip?tower=text"], "reads texts; give its tower of pictures"),
        (["--target", "captioned:?features=100"], "vectors of pictures have 192 features and those of captions 100"),
        (["--reference", "seesall:"], "an encoder embeds both, and needs --data alone"),
        (["--target", "npy:a.npy"], "confounded pairs of files need two"),
        (["--target", "npy:a.npy", "--reference", "npy:b.npy"], "there is no file a.npy"),
        (["--above", "0.9"], "leave --above out"),
        (["--vary", "layer=2"], "leave --vary out"),
        (["--data", ""], "pairs of captioned: need --data"),
        (["--data", "nowhere.csv"], "there is no file nowhere.csv; give a table"),
        (["--data", "street:"], "street: has no captions; give a table"),
        (["--data", "."], ". is a folder, which has no captions"),
        (["--out", "pairs.csv"], "give a file that ends in .parquet"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], words: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [] if "--out" in options else ["--out", str(tmp_path / "pairs.parquet")]
    assert main([*COMMAND, "--data", str(table), *out, *options]) == 2
    error = capsys.readouterr().err
    assert words in error and error.startswith("error: ") and error.count("\n") == 1


def test_none_is_found_where_all_captions_fit(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captioned_encoders, "caption_vectors", flat)
    out = tmp_path / "pairs.parquet"
    assert main([*COMMAND, "--data", str(table), "--out", str(out)]) == 0
    assert len(pd.read_parquet(out)) == 0
    report = (tmp_path / "pairs" / "report.html").read_text()
    assert "Of 1,770 pairs of captioned pictures none is confounded" in report
