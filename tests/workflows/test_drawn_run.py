"""Runs of text-to-image targets, from the first picture to the report."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import failscape as fs
from benchmarks.scene_drawer import SceneDrawer
from failscape.analysis.examples.drawn import DrawnPresenter
from failscape.cli import main
from failscape.data.street.traffic.planted import CONFUSED, RED_HAIR
from failscape.errors import UsageError
from failscape.records.artifacts import PREFIX
from failscape.workflows.run import Run
from tests.support.pipelines import new_pipeline, strict_checker

STREET = "street:prompts"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of a target whose mistakes are known."""
    out = tmp_path_factory.mktemp("runs")
    envs = gym.make_vec("failscape/TextToImage-v0", num_envs=32, target=SceneDrawer(), prompts=STREET, pictures=30)
    return fs.explore(envs, explorer="random", budget=1200, seed=0, out=out)


def test_modes_are_what_was_planted(run: Run) -> None:
    rules = {f"prompt = a {vehicle} and color = {color}" for vehicle, color in CONFUSED}
    modes = run.found_modes()
    assert {mode.name for mode in modes} == rules
    assert all(mode.confirmed and mode.rate == 1 for mode in modes)


def test_every_picture_is_kept_and_is_the_one_that_was_drawn(run: Run) -> None:
    probes = run.probes()
    assert probes["output_text"].str.startswith(PREFIX).all()
    kept = list((run.folder / "artifacts").iterdir())
    assert len(kept) == probes["output_text"].nunique()


def test_a_second_judge_and_what_is_confused_stand_beside(run: Run) -> None:
    found = run.summary["findings"]
    checked = found["verification"]
    assert checked["judge"] != checked["verifier"] and checked["agree"] > 0.99
    assert [mode["number"] for mode in checked["modes"]] == [1, 2]
    assert all(mode["low"] > 0.8 and mode["corrected"][1] > 0.5 for mode in checked["modes"])
    drawn = {(row["group"].removeprefix("a "), row["asked"]): row["read"] for row in found["confusions"][:2]}
    assert drawn == CONFUSED
    page = (run.folder / "report.html").read_text()
    assert "Judge and verifier" in page and "Most confused" in page and page.count("data:image/") > 12


def test_a_biased_job_is_found_and_confirmed(tmp_path: Path) -> None:
    envs = gym.make_vec(
        "failscape/TextToImage-v0",
        num_envs=8,
        target=SceneDrawer(),
        prompts=STREET,
        concepts=["people=1 doctor,1 builder,1 officer,1 gardener"],
        attribute="hair",
        pictures=5,
    )
    biased = fs.explore(envs, explorer="random", budget=48, seed=0, out=tmp_path)
    found = biased.summary["findings"]["bias"]
    rows = {row["name"]: row for row in found["rows"]}
    confirmed = {name for name, row in rows.items() if row.get("fresh", {}).get("confirmed")}
    assert {f"all with people 1 {job}" for job in RED_HAIR} <= confirmed
    assert not any("builder" in name or "officer" in name for name in confirmed)
    doctors = rows["all with people 1 doctor"]["fresh"]
    assert doctors["low"] <= 0.4 <= doctors["high"] and sum(doctors["verified"]) == sum(doctors["counts"])
    assert found["n_queries"] == 60 * sum("fresh" in row for row in found["rows"])
    assert "Bias of hair" in (biased.folder / "report.html").read_text()


def test_a_fair_target_is_not_called_biased(tmp_path: Path) -> None:
    envs = gym.make_vec(
        "failscape/TextToImage-v0",
        num_envs=8,
        target=SceneDrawer(lambda asked, chance: asked),
        prompts=STREET,
        concepts=["people=1 doctor,1 gardener"],
        attribute="hair",
        pictures=5,
    )
    found = fs.explore(envs, explorer="random", budget=40, seed=0, out=tmp_path).summary["findings"]["bias"]
    assert not any(row["flagged"] for row in found["rows"]) and found["n_queries"] == 0
    assert 0.1 < found["visible"] < 0.35  # what would have been seen is said


def test_walks_say_how_few_slots_fail_and_how_far_the_search_may_be_trusted(tmp_path: Path) -> None:
    envs = gym.make_vec(
        "failscape/TextToImage-v0",
        num_envs=4,
        target=SceneDrawer(),
        prompts=STREET,
        concepts=["color", "light"],
        explore="micro",
        pictures=4,
    )
    walked = fs.explore(envs, explorer="best-first", seed=0, out=tmp_path)
    smallest = walked.smallest()
    assert smallest is not None
    assert set(smallest.table["edit"]) == {f"color {color}" for _, color in CONFUSED}
    assert (smallest.table["levels"] == 1).all()
    found = walked.summary["findings"]["supersets"]
    assert found["held"] == 0 and found["n"] >= 2 and found["sizes"][0] == len(smallest.table)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of random weights."""
    path = tmp_path_factory.mktemp("pipeline")
    new_pipeline().save_pretrained(path)
    return path


def train(folder: Path, out: Path, *more: str) -> int:
    target = f"diffusers:{folder}?steps=1&guidance=1&size=64"
    command = ["train", "--env", "failscape/TextToImage-v0", "--target", target, "--out", str(out), "--quiet"]
    return main([*command, "--algo", "random", "--budget", "24", "--set", "num_envs=8", *more])


def test_a_run_from_the_command_line_is_shown_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder, tmp_path, "--prompts", STREET, "--concepts", "light", "--pictures", "3") == 0
    (path,) = (found for found in tmp_path.iterdir() if (found / "config.yml").is_file())
    assert (path / "report.html").is_file() and list((path / "artifacts").iterdir())
    capsys.readouterr()
    assert main(["show", str(path), "0"]) == 0
    said = capsys.readouterr().out
    assert "the same as recorded" in said and "prompt   a" in said and (path / "exemplars" / "0.png").is_file()


def test_a_run_goes_on_where_it_was_stopped(folder: Path, tmp_path: Path) -> None:
    """The pictures of both halves are there, and the records are those of a run that was not stopped."""
    arguments = ["--prompts", "a {color} car", "--concepts", "color=red,blue", "--scorer", "embedded:street-clip"]
    arguments += ["--below", "q0.5", "--pictures", "4"]
    assert train(folder, tmp_path / "whole", *arguments) == 0
    (whole,) = (tmp_path / "whole").iterdir()
    half = tmp_path / "half"
    shutil.copytree(whole, half)
    for name in ("summary.json", "report.html"):
        (half / name).unlink()

    with sqlite3.connect(half / "probes.sqlite") as database:
        database.execute("DELETE FROM probes WHERE step > 0")
    shutil.rmtree(half / "artifacts")
    assert main(["train", "--resume", str(half), "--quiet"]) == 0
    one, other = (Run(path).probes().drop(columns=["time", "seed"]) for path in (whole, half))
    assert one.equals(other)
    assert (
        json.loads((whole / "summary.json").read_text())["modes"]
        == json.loads((half / "summary.json").read_text())["modes"]
    )


def test_a_prompt_that_is_too_long_is_said(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "a {color} car " + "on a very long road " * 30
    arguments = [
        "--concepts",
        "color=red,blue",
        "--scorer",
        "embedded:street-clip",
        "--below",
        "q0.5",
        "--pictures",
        "4",
    ]
    assert train(folder, tmp_path, "--prompts", long, *arguments) == 0
    (path,) = (found for found in tmp_path.iterdir() if (found / "config.yml").is_file())
    assert any("too long for the target" in warning for warning in Run(path).summary["warnings"])


def test_a_checker_that_withholds_everything_makes_no_failure(tmp_path: Path) -> None:
    new_pipeline(strict_checker()).save_pretrained(tmp_path / "pipeline")
    assert (
        train(tmp_path / "pipeline", tmp_path / "runs", "--prompts", STREET, "--concepts", "light", "--pictures", "3")
        == 0
    )
    (path,) = (tmp_path / "runs").iterdir()
    run = Run(path)
    assert not run.probes()["failed"].any() and run.probes()["output_text"].fillna("").eq("").all()
    assert any(re.match(r"(\d+) of \1 answers have no verdict", warning) for warning in run.summary["warnings"])
    assert np.isnan(run.landscape().table["rate"]).all()


def test_pictures_that_are_no_numbers_are_refused(folder: Path, tmp_path: Path) -> None:
    broken = new_pipeline()
    broken.unet.conv_out.bias.data.fill_(float("nan"))
    broken.save_pretrained(tmp_path / "pipeline")
    with pytest.raises(UsageError, match="pixels"):
        gym.make_vec(
            "failscape/TextToImage-v0",
            num_envs=2,
            target=f"diffusers:{tmp_path / 'pipeline'}?steps=1&guidance=1&size=64",
            prompts=STREET,
            pictures=1,
        )


def test_a_picture_that_was_not_kept_is_shown_as_such(run: Run) -> None:
    from failscape.analysis.examples.base import ExampleContext
    from failscape.envs.tasks.text_to_image import make_mdp

    mdp = make_mdp(SceneDrawer(), STREET, pictures=30)
    rows = run.probes().head(2).assign(output_text=["", None])
    examples = DrawnPresenter().recorded(ExampleContext.of(mdp, run.folder.artifacts), rows, run.items())
    assert all(example.drawn is None for example in examples)
    assert "no picture was kept" in DrawnPresenter().html(examples)
