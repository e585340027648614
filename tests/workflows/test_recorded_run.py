"""Recorded answers from the command to the report: what a person gets from a table of their own."""

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import failscape as fs
from failscape.analysis.landscape.marginals import marginals
from failscape.cli import main
from failscape.workflows.run import Run

COLUMNS = ["crossings", "width", "prompt"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo, read."""
    out = tmp_path_factory.mktemp("demo")
    assert main(["train", "--env", "failscape/Recorded-v0", "--data", "demo:", "--quiet", "--out", str(out)]) == 0
    return Run(out / "recorded-a-0")


def test_the_map_is_what_pandas_counts(run: Run) -> None:
    landscape, items = run.landscape(), run.items()
    probes = run.probes()
    assert landscape.is_complete and len(probes) == len(items) == 360
    counted = probes.groupby("point")["failed"].mean()
    assert (landscape.table["smoothed"] == counted.reindex(range(12))).all()
    for marginal in marginals(landscape, probes, items):
        axis = landscape.space.names.index(marginal.axis)
        level = landscape.space.point(probes["point"].to_numpy())[:, axis]
        assert [one.rate for one in marginal.levels] == probes.groupby(level)["failed"].mean().tolist()


def test_the_modes_are_those_that_were_put_in(run: Run) -> None:
    modes = run.found_modes()
    assert modes[0].name == "crossings = 1" and modes[0].confirmed and modes[0].unedited is None
    held_out = run.items()["held_out"]
    explored = run.probes()[~run.probes()["item"].map(held_out)]
    inside = explored["point"].isin(modes[0].points)
    # Points are put together as often as they have rows, held out or not, so that they weigh as in the whole table.
    assert modes[0].seen_rate == pytest.approx(explored[inside]["failed"].mean(), abs=0.01)
    kept = run.probes()[run.probes()["item"].map(held_out)]
    assert modes[0].rate == pytest.approx(kept[kept["point"].isin(modes[0].points)]["failed"].mean())


def test_no_page_speaks_of_edits(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(run.folder.path)]) == 0
    assert main(["landscape", str(run.folder.path)]) == 0
    printed = capsys.readouterr().out
    report = (run.folder / "report.html").read_text().split("<body>")[1]
    shown = report.split('<div class="live">')[0] + report.split('id="tried"')[1]  # without plotly's code
    for text in (printed, shown, (run.folder / "audit.html").read_text()):
        assert "unedited" not in text and "edited" not in text and "nan" not in text.replace("finance", "")
    assert "Each column by itself" in report and "elsewhere" in report and "360 rows read" in report


def test_it_can_be_checked_and_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(run.folder.path), "--max-failure-rate", "0.6"]) == 0
    assert main(["check", str(run.folder.path), "--max-failure-rate", "0.1"]) == 1
    assert main(["show", str(run.folder.path), "3"]) == 0
    assert "the same as recorded" in capsys.readouterr().out


@pytest.mark.parametrize("algo", ["random", "ucb1", "dqn"])
def test_a_search_reveals_a_row_once(tmp_path: Path, algo: str) -> None:
    command = ["train", "--env", "failscape/Recorded-v0", "--data", "demo:", "--algo", algo, "--budget", "200"]
    command += ["--set", "learning_starts=64"] if algo == "dqn" else []
    assert main([*command, "--num-envs", "8", "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    (found,) = tmp_path.iterdir()
    probes, items = Run(found).probes(), Run(found).items()
    asked = probes[~probes["cached"]]
    assert not asked["item"].duplicated().any() and not items["held_out"][probes["item"]].any()
    assert (probes["point"] == items["home"][probes["item"]].to_numpy()).all()


def test_models_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"item": np.repeat(np.arange(60), 4), "kind": np.tile(list("xyxy"), 60)})
    tables = [
        frame.assign(model=name, wrong=(rng.random(240) < rate).astype(int))
        for name, rate in (("a<b", 0.7), ("c", 0.2))
    ]
    path = tmp_path / "two.csv"
    pd.concat(tables).to_csv(path, index=False)
    command = [
        "train",
        "--env",
        "failscape/Recorded-v0",
        "--data",
        f"{path}?failed=wrong&item=item",
        "--concepts",
        "kind",
    ]
    assert main([*command, "--compare", "model", "--quiet", "--out", str(tmp_path / "out")]) == 0
    printed, page = capsys.readouterr().out, (tmp_path / "out" / "compare.html").read_text()
    assert "480 answers of 2 models" in printed and "a<b fails more often than c, on the same 60 items" in printed
    assert "a&lt;b" in page and "a<b" not in page and page.count("data:image/png") == 2
    assert main([*command, "--compare", "kind", "--out", str(tmp_path)]) == 2
    assert "kind is compared, so it cannot be a concept" in capsys.readouterr().err
    assert main(["train", "--env", "failscape/Toy-v0", "--compare", "model"]) == 2
    assert "has no columns to compare by" in capsys.readouterr().err


def test_tables_fit_on_a_telephone(run: Run, browser: Any, tmp_path: Path) -> None:
    command = ["train", "--env", "failscape/Recorded-v0", "--data", "demo:", "--concepts", "crossings", "width"]
    assert main([*command, "--compare", "prompt", "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    for page in (run.folder / "report.html", tmp_path / "compare.html"):
        size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(page.resolve().as_uri())
        cells = "[...document.querySelectorAll('table td')].filter(cell => cell.offsetWidth)"
        right = browser.execute_script(f"return {cells}.map(cell => cell.getBoundingClientRect().right)")
        assert len(right) > 20 and max(right) <= 400
        heads = browser.execute_script(f"return {cells}.map(cell => getComputedStyle(cell, '::before').content)")
        assert {'"fails"', '"95\u00a0% interval"'} <= set(heads)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_table_is_counted_as_pandas_counts_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rows = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(["p", "q", "r s"]), st.sampled_from([1, 2, 10]), st.integers(0, 9), st.booleans()
            ),
            min_size=2,
            max_size=80,
        )
    )
    frame = pd.DataFrame(rows, columns=["word", "number", "item", "wrong"])
    path = tmp_path_factory.mktemp("any") / "any.csv"
    frame.to_csv(path, index=False)
    envs = gym.make_vec(
        "failscape/Recorded-v0",
        num_envs=64,
        data=f"{path}?failed=wrong&item=item",
        concepts=["word", "number"],
        held_out=0,
    )
    found = fs.explore(envs, seed=0, out=path.parent, report=False).landscape()
    table = found.to_frame().dropna(subset=["rate"]).reset_index()
    counted = frame.groupby(["word", "number"])["wrong"].agg(["mean", "sum", "size"])
    assert table["smoothed"].tolist() == counted["mean"].tolist()
    assert table[["failures", "visits"]].to_numpy().tolist() == counted[["sum", "size"]].to_numpy().tolist()
    assert found.failure_rate == pytest.approx(frame["wrong"].mean(), abs=1e-12)


REAL = {
    "blindtest_circledword.csv": ("failed=correct:0&item=image&where=model:gpt-4o", ["word", "prompt"]),
    "blindtest_countingcircles.csv": (
        "failed=correct:0&item=image&where=model:gpt-4o",
        ["shape", "count", "linewidth", "pixels", "prompt"],
    ),
    "blindtest_countingrowsandcolumns.csv": (
        "failed=correct:0&item=rows,columns,cells",
        ["rows", "columns", "cells", "model"],
    ),
    "blindtest_lineintersection.csv": (
        "failed=correct:0&item=drawing,count&where=model:sonnet-3.5",
        ["count", "linewidth", "pixels", "prompt"],
    ),
    "blindtest_subwaymap.csv": ("failed=correct:0&item=image", ["model", "prompt", "start"]),
    "geneval_metadata.jsonl": ("failed=tag:counting", ["tag"]),
    "geneval_people_clip.csv": ("failed=quality<3&item=prompt_id", ["count-0", "position-x"]),
    "geneval_people_sdv2.csv": ("failed=quality<3&item=prompt_id&show=caption", ["count-0", "real-0"]),
    "gqa_questions.csv": (
        "failed=wrong_gpt_4o&also=wrong_gpt5&item=image_id&show=question,answer,said_gpt_4o",
        ["answer"],
    ),
    "hallusionbench.json": (
        "failed=gt_answer:1&unit=category,subcategory,set_id,figure_id",
        ["category", "subcategory"],
    ),
    "hallusionbench_sample_answers.json": (
        "failed=model_prediction~Yes&item=set_id,figure_id&show=question,model_prediction",
        ["category", "subcategory"],
    ),
    "pope_coco_adversarial.jsonl": ("failed=label:yes&item=image&show=text", ["text"]),
    "pope_coco_popular.jsonl": ("failed=label:yes&item=image", ["text"]),
    "pope_coco_random.jsonl": ("failed=label:yes&item=image", ["question_id"]),
    "sugarcrepe_gpt4v.csv": (
        "failed=correct_positive_first:0&also=correct_negative_first:0&item=image&show=caption,negative_caption",
        ["category"],
    ),
}


@pytest.fixture
def answers(real_data: Path) -> Path:
    """The folder of real tables."""
    if not (real_data / "answers").is_dir():
        pytest.skip(f"no tables of answers in {real_data}")
    return real_data / "answers"


@pytest.mark.parametrize("name", sorted(REAL))
def test_real_tables_are_read(answers: Path, name: str) -> None:
    options, concepts = REAL[name]
    mdp = gym.make("failscape/Recorded-v0", data=f"{answers}/{name}?{options}", concepts=concepts).unwrapped.mdp
    assert len(mdp.items) > 200 and mdp.space.n_points > 1 and 0.05 < mdp.items.held_out.mean() < 0.4


def test_every_real_table_is_read(answers: Path) -> None:
    assert {path.name for path in answers.iterdir()} == set(REAL)


def test_line_crossings_are_named_as_the_table_says(answers: Path, tmp_path: Path) -> None:
    table = answers / "blindtest_lineintersection.csv"
    data = f"{table}?failed=correct:0&item=drawing,count&where=model:gpt-4o"
    command = ["train", "--env", "failscape/Recorded-v0", "--data", data, "--no-report", "--quiet"]
    assert main([*command, "--concepts", "count", "linewidth", "pixels", "prompt", "--out", str(tmp_path)]) == 0
    run = Run(tmp_path / "recorded-gpt-4o-0")
    frame = pd.read_csv(table).query("model == 'gpt-4o'").assign(failed=lambda rows: rows["correct"] == 0)
    wanted = frame.groupby(["count", "linewidth", "pixels", "prompt"])["failed"].mean()
    assert run.landscape().table["smoothed"].tolist() == wanted.tolist()
    found = {m.axis: {one.name: round(one.rate, 2) for one in m.levels} for m in _marginals(run)}
    assert found["count"] == {"0": 0.51, "1": 0.78, "2": 0.46} and found["prompt"] == {"count": 0.68, "howmany": 0.49}
    assert [(mode.name, mode.confirmed) for mode in run.found_modes()] == [
        ("prompt = count", True),
        ("count = 1", True),
    ]
    assert json.loads((run.folder / "summary.json").read_text())["landscape"]["baseline"] is None


def _marginals(run: Run) -> list:
    return marginals(run.landscape(), run.probes(), run.items())
