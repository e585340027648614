"""What a run, and two versions of a target, show of themselves in a notebook."""

import json
import re
import shutil
from html import escape
from pathlib import Path

import pytest

from failscape.analysis.landscape.comparison import OF_WALKS
from failscape.cli import main
from failscape.workflows.compare import Versions, compare_versions
from failscape.workflows.run import Run, compare
from tests.analysis.test_notebook import NASTY, SHOWN, sound


def test_modes_are_a_table_with_the_numbers_that_modes_takes(found_run: Path) -> None:
    run = Run(found_run)
    frame, modes = run.modes(), run.found_modes()
    assert len(frame) == len(modes) > 0 and frame.index.tolist() == list(range(1, len(modes) + 1))
    assert frame["rule"].tolist() == [mode.name for mode in modes]
    land = run.landscape().to_frame()
    assert (land.loc[frame.loc[1, "points"], "smoothed"].mean()) > land["smoothed"].mean()


def test_a_finished_run_shows_its_modes(found_run: Path) -> None:
    run = Run(found_run)
    html = sound(run._repr_html_())
    assert "embedded:street-signs, explored by random (seed 0)" in html and "of edited items fail; unedited" in html
    for number, mode in enumerate(run.found_modes(), start=1):
        assert f'right">{number}</td><td style="text-align: left">{escape(mode.name)}</td>' in html
    assert "fails (95 %)" in html and "not finished" not in html


def test_names_in_a_run_are_text(own_run: Path) -> None:
    told = json.loads((own_run / "summary.json").read_text())
    told["run"]["target"] = told["modes"][0]["name"] = NASTY
    (own_run / "summary.json").write_text(json.dumps(told))
    run = Run(own_run.rename(own_run.with_name("a <b> & c")))
    html = sound(run._repr_html_())
    assert html.count(SHOWN) == 2 and "a &lt;b&gt; &amp; c" in html and "<b>" not in html


def test_an_unfinished_run_says_so_and_has_no_modes(own_run: Path) -> None:
    (own_run / "summary.json").unlink()
    run = Run(own_run)
    html = sound(run._repr_html_())
    assert f"not finished, {len(run.probes()):,} probes so far" in html and "--resume" in html and "<table" not in html
    assert run.modes().empty and "rule" in run.modes() and "not finished" in repr(run)
    (own_run / "probes.sqlite").unlink()
    assert "not finished, 0 probes so far" in sound(Run(own_run)._repr_html_())


def test_a_walk_tells_what_broke_and_no_rates(tmp_path: Path) -> None:
    asked = ["--env", "failscape/Toy-v0", "--explore", "micro", "--algo", "random", "--budget", "400"]
    assert main(["train", *asked, "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    run = Run(folder)
    html = sound(run._repr_html_())
    assert run.walked and "items broken by some edit" in html and "likeliest failing edits" in html
    assert "items fail" not in html and "failure mode" not in html and run.modes().empty
    assert run.landscape().walked and "says nothing of how many" in run.landscape()._repr_html_()
    assert OF_WALKS in sound(compare(run, run)._repr_html_())


def test_a_comparison_of_walks_says_what_rates_are_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--env", "failscape/Toy-v0", "--explore", "micro", "--algo", "random", "--budget", "400"]
    assert main(["train", *asked, "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    capsys.readouterr()
    file = tmp_path / "comparison.json"
    assert main(["compare", str(folder), str(folder), "--json", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"note: {OF_WALKS}" in said and "failure rate" not in said
    smallest = Run(folder).smallest()
    assert smallest is not None and 0 < len(smallest.table) < smallest.n_items
    n, median = f"{len(smallest.table)} of {smallest.n_items}", smallest.table["levels"].median()
    assert f"items broken by some edit {n} → {n} " in said
    assert f"levels from unedited to their smallest failing edit, median {median:g} → {median:g} " in said
    broken = {"n_items": smallest.n_items, "n_broken": len(smallest.table), "median_levels": median}
    assert json.loads(file.read_text())["broken"] == [broken, broken]


def test_an_audit_of_a_walk_counts_what_broke_and_states_no_rate_of_edits(tmp_path: Path) -> None:
    asked = ["--env", "failscape/Toy-v0", "--explore", "micro", "--algo", "random", "--budget", "400"]
    assert main(["train", *asked, "--no-report", "--quiet", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    assert main(["audit", str(folder)]) == 0
    said = " ".join(re.sub("<[^>]*>", " ", (folder / "audit.html").read_text()).split())
    smallest = Run(folder).smallest()
    assert smallest is not None
    assert f"{smallest.n_items:,} were altered step by step: {len(smallest.table):,} of them were then" in said
    assert f"{smallest.table['edit'].value_counts().index[0]} " in said
    assert "listed below" not in said and "Patterns were picked" not in said and "make up for" not in said


def test_recorded_answers_are_not_called_edited(tmp_path: Path) -> None:
    asked = ["--env", "failscape/Recorded-v0", "--no-report", "--quiet", "--out", str(tmp_path)]
    assert main(["train", *asked]) == 0
    (folder,) = tmp_path.iterdir()
    html = sound(Run(folder)._repr_html_())
    assert "of items fail" in html and "edited" not in html and "unedited" not in html


def test_two_versions_show_what_was_mitigated(faded: tuple[Run, Run], tmp_path: Path) -> None:
    versions = compare_versions(*faded, queries=400)
    assert isinstance(versions, Versions)
    html = sound(versions._repr_html_())
    names = [run.folder.name for run in faded]
    assert f"{names[0]} → {names[1]}" in html and "targeted failure modes" in html and "untouched points" in html
    assert "explored: " in html and all(shift.verdict in html for shift in versions.shifts)
    renamed = Path(shutil.copytree(faded[1].folder.path, tmp_path / "x <b>"))
    assert "x &lt;b&gt;" in sound(Versions(**{**vars(versions), "after": Run(renamed)})._repr_html_())
