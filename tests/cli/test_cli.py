"""The command line, in process: what each command prints, writes and exits with."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from failscape.cli import main
from failscape.workflows.run import Run

ROOT = Path(__file__).parents[2]
TOY = ["--env", "failscape/Toy-v0", "--algo", "random", "--budget", "300", "--no-report"]


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; tests must not change it."""
    out = tmp_path_factory.mktemp("runs")
    assert main(["train", *TOY, "--quiet", "--out", str(out)]) == 0
    return out / "random-toy-0"


@pytest.fixture
def own_run(toy_run: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    return Path(shutil.copytree(toy_run, tmp_path / "runs" / toy_run.name))


def test_list_names_environments_targets_and_explorers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--list"]) == 0
    out = capsys.readouterr().out
    for name in ("failscape/Classifier-v0", "failscape/Toy-v0", "torchvision:NAME", "hf:NAME", "dqn", "random"):
        assert f"  {name}" in out


def test_run_folder_holds_what_repeats_the_run(toy_run: Path) -> None:
    names = {path.name for path in toy_run.iterdir()}
    assert names >= {"config.yml", "command.txt", "versions.json", "probes.sqlite", "baseline.npz", "summary.json"}
    assert "report.html" not in names
    config = yaml.safe_load((toy_run / "config.yml").read_text())
    assert (config["env"], config["explorer"], config["seed"]) == ("failscape/Toy-v0", "random", 0)
    assert config["hyperparameters"]["budget"] == 300
    probes = Run(toy_run).probes()
    assert 300 <= (~probes["cached"]).sum() < 300 + config["hyperparameters"]["num_envs"]


def test_train_says_what_happens_and_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TOY, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    for words in ("failscape/Toy-v0", "ToyTarget", "budget 300 queries", "of edited items fail", "worst points"):
        assert words in out
    assert f"failscape show {tmp_path / 'random-toy-0'} " in out, "long paths are not folded"
    assert main(["train", *TOY, "--seed", "1", "--set", "memory=0", "--quiet", "--out", str(tmp_path)]) == 0
    config = yaml.safe_load((tmp_path / "random-toy-1" / "config.yml").read_text())
    assert (config["seed"], config["hyperparameters"]["memory"]) == (1, 0)


def test_same_seed_same_run(toy_run: Path, tmp_path: Path) -> None:
    assert main(["train", *TOY, "--quiet", "--out", str(tmp_path)]) == 0
    again = tmp_path / toy_run.name
    assert (again / "summary.json").read_text() == (toy_run / "summary.json").read_text()
    pd.testing.assert_frame_equal(Run(again).probes().drop(columns="time"), Run(toy_run).probes().drop(columns="time"))


def test_resuming_a_finished_run_changes_nothing(own_run: Path) -> None:
    before, summary = Run(own_run).probes(), (own_run / "summary.json").read_text()
    assert main(["train", "--resume", str(own_run), "--no-report", "--quiet"]) == 0
    pd.testing.assert_frame_equal(Run(own_run).probes(), before)
    assert (own_run / "summary.json").read_text() == summary


def test_landscape_prints_and_exports(toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table_file, probes_file = tmp_path / "landscape.csv", tmp_path / "probes.csv"
    options = ["--top", "3", "--csv", str(table_file), "--export", str(probes_file)]
    assert main(["landscape", str(toy_run), *options]) == 0
    assert "worst points" in capsys.readouterr().out
    table = pd.read_csv(table_file, index_col="point")
    assert len(table) == 25
    probes = pd.read_csv(probes_file)
    assert table["visits"].sum() == (probes["point"] >= 0).sum()


@pytest.mark.parametrize(("name", "start"), [("plot.html", b"<!doctype html>"), ("plot.png", b"\x89PNG")])
def test_landscape_plots(toy_run: Path, tmp_path: Path, name: str, start: bytes) -> None:
    assert main(["landscape", str(toy_run), "--plot", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(start)


def test_landscape_refuses_a_format_it_cannot_write(
    toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["landscape", str(toy_run), "--plot", str(tmp_path / "plot.xyz")]) == 2
    assert "plot.xyz: Format 'xyz' is not supported" in capsys.readouterr().err


def test_probes_export_as_parquet(toy_run: Path, tmp_path: Path) -> None:
    assert main(["landscape", str(toy_run), "--export", str(tmp_path / "probes.parquet")]) == 0
    read = pd.read_parquet(tmp_path / "probes.parquet")
    probes = Run(toy_run).probes()
    in_json = ["levels", "strengths", "path", "extra"]
    assert read[in_json].map(json.loads).equals(probes[in_json].map(lambda value: json.loads(json.dumps(value))))
    pd.testing.assert_frame_equal(read.drop(columns=in_json), probes.drop(columns=in_json))


def test_a_run_equals_itself(toy_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "comparison.json"
    assert main(["compare", str(toy_run), str(toy_run), "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    assert figures["spearman"] == pytest.approx(1)
    assert figures["top_k_recall"] == 1
    assert figures["wasserstein"] == pytest.approx(0, abs=1e-9)
    assert figures["mean_change"] == figures["worst_change"] == 0
    assert "rank correlation" in capsys.readouterr().out


def test_scan_is_the_truth_and_train_agrees(own_run: Path, tmp_path: Path) -> None:
    assert main(["scan", str(own_run), "--no-report", "--quiet", "--out", str(own_run.parent)]) == 0
    scan = own_run.parent / "scan-toy-0"
    probes = Run(scan).probes()
    assert len(probes) == 25 * 32 == len(probes[["item", "point"]].drop_duplicates())
    assert main(["compare", str(own_run), str(scan), "--json", str(tmp_path / "comparison.json")]) == 0
    assert json.loads((tmp_path / "comparison.json").read_text())["spearman"] > 0.5


@pytest.mark.parametrize(
    ("argv", "status", "word"),
    [
        (["1"], 0, "ok"),
        (["0"], 1, "FAILED"),
        (["1", "--point", "worst"], 0, "ok"),
        (["0.3", "--point", "worst"], 1, "FAILED"),
    ],
)
def test_check_exits_with_the_verdict(
    toy_run: Path, argv: list[str], status: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(toy_run), "--max-failure-rate", *argv]) == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{word}: ")


def test_show_repeats_a_probe(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(own_run), "7"]) == 0
    out = capsys.readouterr().out
    assert Run(own_run).probes().loc[7, "name"] in out
    assert "the same as recorded" in out
    assert main(["show", str(own_run), "99999"]) == 2
    assert "its probes are 0 to" in capsys.readouterr().err


def test_show_says_when_the_target_answers_otherwise(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(own_run / "probes.sqlite") as database:
        database.execute("UPDATE probes SET predicted = 1 - predicted")
    database.close()
    assert main(["show", str(own_run), "7"]) == 1
    assert "NOT the same as recorded" in capsys.readouterr().out


def test_train_py_runs_from_another_folder(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "train.py"), *TOY, "--quiet"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "of edited items fail" in run.stdout
    assert run.stderr == ""
    assert (tmp_path / "runs" / "random-toy-0" / "summary.json").is_file()


def test_resume_refuses_what_it_would_ignore(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", str(own_run), "--budget", "10"]) == 2
    assert "leave out --budget" in capsys.readouterr().err


def test_a_run_that_is_refused_before_its_first_probe_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--env", "failscape/Toy-v0", "--budget", "40", "--out", str(tmp_path), "--quiet"]) == 2
    assert "ends before learning starts" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "- a list", "env: [", "env: failscape/Toy-v0"])
def test_a_damaged_config_is_one_clear_line(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yml").write_text(text)
    assert main(["landscape", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_failure_rate_in_use_is_told_and_a_mistake_in_it_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path)]
    assert main(["train", "--env", "failscape/Toy-v0", "--algo", "random", "--budget", "300", "--no-report", *out]) == 0
    (run,) = tmp_path.iterdir()
    assert main(["landscape", str(run), "--use", "right=uniform(-4,4)", "up=0"]) == 0
    assert "in use, " in capsys.readouterr().out
    for use, message in {"right": "--use takes KEY=VALUE", "upp=0": "did you mean up?"}.items():
        assert main(["landscape", str(run), "--use", use]) == 2
        assert message in capsys.readouterr().err


def test_a_walk_tells_its_smallest_edits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "--env", "failscape/Toy-v0", "--explore", "micro", "--budget", "400", "--out", str(tmp_path)]
    assert main([*command, "--no-report"]) == 0
    told = capsys.readouterr().out
    assert "items broken by some edit" in told and "log-likelihood" in told
    (run,) = tmp_path.iterdir()
    n_broken = json.loads((run / "summary.json").read_text())["smallest"]["n_broken"]
    assert n_broken > 0 and f"{n_broken:,} of " in told


@pytest.mark.parametrize("moves", ["micro", "fsrl"])
def test_a_walk_prints_no_rate_of_edits_and_each_edit_once(
    moves: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--env", "failscape/Toy-v0", "--explore", moves, "--budget", "400", "--out", str(tmp_path)]
    assert main([*command, "--no-report"]) == 0
    (folder,) = tmp_path.iterdir()
    assert main(["landscape", str(folder), "--top", "1000"]) == 0
    told, run = capsys.readouterr().out, Run(folder)
    assert "edited items fail" not in told and "% fail" not in told and "worst points" not in told
    smallest = run.smallest()
    assert smallest is not None and f"{len(smallest.table)} of {smallest.n_items} items broken" in repr(run)
    table = told.split("likeliest failing edits")[-1].splitlines()[1:]
    rows = [line.split() for line in table if line.strip()]
    assert len(rows) == smallest.table["edit"].nunique()
    assert sum(int(row[-2].replace(",", "")) for row in rows) == len(smallest.table)
    for refused in (["check", str(folder), "--max-failure-rate", "1"], ["landscape", str(folder), "--use", "up=0"]):
        assert main(refused) == 2
        assert "walked, and what lay on the way says nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--explore", "micro"], "micro-toy-0"),
        (["--explore", "fsrl"], "fsrl-toy-0"),
        (["--explore", "factored"], "factored-toy-0"),
        (["--algo", "random"], "random-toy-0"),
        (["--algo", "random", "--explore", "micro"], "random-micro-toy-0"),
    ],
)
def test_a_run_folder_is_named_by_the_way_of_exploring(options: list[str], name: str, tmp_path: Path) -> None:
    command = ["train", "--env", "failscape/Toy-v0", "--budget", "200", "--no-report", "--quiet", "--out"]
    assert main([*command, str(tmp_path), *options]) == 0
    assert [run.name for run in tmp_path.iterdir()] == [name]
