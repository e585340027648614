"""The whole loop on a small real run: mitigate, explore again, compare, audit; kills, mistakes, what stays on disk."""

import json
import shutil
from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

import failscape as fs
from failscape.cli import main
from failscape.errors import UsageError
from failscape.mitigation import Epoch
from failscape.targets.registry import load_target, with_weights
from failscape.terminal.mitigate import cost_of
from failscape.workflows.audit import effects_of
from failscape.workflows.compare import compare_versions, siblings
from failscape.workflows.environment import build
from failscape.workflows.fade import fade
from failscape.workflows.mitigate import Listeners, go_on, load_mitigated, mitigate
from failscape.workflows.mitigation_plan import Plan
from failscape.workflows.run import Run

ASKED = ["kind", "mode", "item", "point", "failed_before", "failed_after"]
QUICK = {"epochs": 2, "lr": 1e-3}


def test_the_loop_mends_and_leaves_everything_on_disk(faded: tuple[Run, Run]) -> None:
    before, after = faded
    mitigated = load_mitigated(before.folder.path.parent / "mitigated-classifier-street-signs-0")
    found = mitigated.before_after
    assert found.targeted.relative > 0.4 and found.targeted.high < 0 and found.clean.change < 0.05
    assert after.settings.make["target"] == mitigated.uri and after.settings.seed == 1000
    assert after.landscape().failure_rate < 0.8 * before.landscape().failure_rate
    card = (mitigated.folder / "README.md").read_text()
    assert mitigated.uri in card and "| targeted failure modes |" in card and before.found_modes()[0].name in card
    page = (after.folder / "before-after.html").read_text()
    assert "unedited, where more is better" in page.replace("\n", " ")
    assert "of the targeted failures were mitigated" in page and "http" not in page.replace("http://www.w3.org", "")
    assert not list(mitigated.folder.glob("state*")) and list(mitigated.folder.glob("events*"))


def test_the_weights_are_an_ordinary_file(faded: tuple[Run, Run]) -> None:
    """Loaded by hand into the old target, they answer as the fine-tuned one does."""
    before, after = faded
    uri = after.settings.make["target"]
    mitigated, old = load_target(uri, "cpu"), load_target("embedded:street-signs", "cpu")
    images = build(before.settings).mdp.items.batch.pixels[:40]
    changed = not np.allclose(old(images).logits, mitigated(images).logits)
    old.module.load_state_dict(load_file(uri.partition("weights=")[2]))
    np.testing.assert_array_equal(old(images).logits, mitigated(images).logits)
    assert changed and mitigated.name == uri


def test_versions_tell_what_moved(faded: tuple[Run, Run], tmp_path: Path) -> None:
    versions = fs.compare(*faded, queries=1000)
    assert isinstance(versions, fs.Versions) and versions.seeds == (1, 1)
    assert versions.numbers == list(
        load_mitigated(faded[0].folder.path.parent / "mitigated-classifier-street-signs-0").numbers
    )
    by_name = {shift.what: shift for shift in versions.shifts}
    assert by_name["failures, Wasserstein distance"].value > 0
    assert len(by_name["centre of the failures, darken"].null) == 10
    assert by_name["action probabilities, total variation"].null == ()
    told = versions.summary()
    assert json.loads(json.dumps(told, default=str))["targeted"]["before"] == versions.found.targeted.before
    assert versions.report(tmp_path / "page.html").stat().st_size > 50_000
    for example in versions.new:
        assert example.answer != example.group and example.answer_before == example.group


def test_fine_tune_fade_and_audit_count_one_mitigation_alike(faded: tuple[Run, Run]) -> None:
    """Whoever compares asks the same pairs, as many as the fine-tune did."""
    told = load_mitigated(faded[0].folder.path.parent / "mitigated-classifier-street-signs-0").before_after
    versions = compare_versions(*faded)
    pd.testing.assert_frame_equal(versions.found.table[ASKED], told.table[ASKED])
    assert len(told.table[["item", "point"]].drop_duplicates()) <= 1000
    effects = effects_of(versions)
    assert effects.n_right == told.n_right and effects.n_new == len(told.new_failures)
    for mine, theirs in zip(
        (effects.targeted, effects.untouched, effects.clean), (told.targeted, told.untouched, told.clean), strict=True
    ):
        assert (mine.before, mine.after, mine.low, mine.n) == pytest.approx(
            (theirs.before, theirs.after, theirs.low, theirs.n)
        )


@pytest.mark.parametrize(("queries", "asks"), [(None, False), (1000, False), (400, True)])
def test_a_fade_asks_no_pair_twice(queries: int | None, asks: bool, faded: tuple[Run, Run]) -> None:
    """What the fine-tune measured is told; other pairs are asked only where another number of them is wanted."""
    before, after = faded
    mitigated = load_mitigated(before.folder.path.parent / "mitigated-classifier-street-signs-0")
    steps: list[str] = []
    listeners = Listeners(step=lambda what, done, total: steps.append(what))
    again = fade(before, mitigated=mitigated, queries=queries, listeners=listeners, explore=lambda settings, out: after)
    assert ("comparing" in steps) == asks
    table = again.versions.found.table
    assert len(table[["item", "point"]].drop_duplicates()) <= (queries or 1000)
    if not asks:
        pd.testing.assert_frame_equal(table, mitigated.before_after.table)


def test_a_fade_says_what_it_will_cost(faded: tuple[Run, Run]) -> None:
    before = faded[0]
    own = before.settings.hyperparameters["budget"]
    assert cost_of(before, 1, None) == f"{own:,} queries of the fine-tuned target"
    assert cost_of(before, 3, 500) == (
        f"3 times 500 queries of the fine-tuned target; before, 2 times {own:,} of the target as it was"
    )


def test_runs_with_other_seeds_are_the_null(faded: tuple[Run, Run], tmp_path: Path) -> None:
    for run in faded:
        shutil.copytree(run.folder.path, tmp_path / run.folder.name)
    other = tmp_path / "other-seed"
    shutil.copytree(faded[0].folder.path, other)
    config = (other / "config.yml").read_text()
    (other / "config.yml").write_text(config.replace("seed: 0\n", "seed: 7\n", 1))
    before, after = (Run(tmp_path / run.folder.name) for run in faded)
    assert [run.folder.name for run in siblings(before)] == ["other-seed"] and siblings(after) == []
    versions = compare_versions(before, after, queries=1000)
    # The copy drew the same map, so nothing moves by chance.
    assert versions.seeds == (2, 1) and {shift.null for shift in versions.shifts} == {(0.0,)}


def test_an_audit_is_for_everybody(faded: tuple[Run, Run], tmp_path: Path) -> None:
    page, paper = fs.audit(*faded, out=tmp_path)
    text = page.read_text()
    for heading in ("In short", "What was tested", "What fails", "What was mitigated", "What was not tested"):
        assert f">{heading}" in text
    assert "pictures from the drawn street world" in " ".join(text.split()) and "from street:" not in text
    assert "in 100 are answered wrongly" in text and paper.read_bytes().startswith(b"%PDF")
    with pytest.raises(UsageError, match="nothing was mitigated"):
        fs.audit(faded[0], faded[0])


def test_a_killed_mitigation_goes_on_to_the_same_end(found: Path, tmp_path: Path) -> None:
    whole = mitigate(found, settings=QUICK, queries=500, out=tmp_path / "whole")

    def kill(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mitigate(found, settings=QUICK, queries=500, out=tmp_path / "cut", listeners=Listeners(epoch=kill))
    (folder,) = (tmp_path / "cut").iterdir()
    with pytest.raises(UsageError, match="is not finished: failscape mitigate --resume"):
        load_mitigated(folder)
    again = go_on(folder)
    assert load_mitigated(folder).before_after.nouns == again.before_after.nouns
    told = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps({key: told[key] for key in told if key != "nouns"}))
    assert load_mitigated(folder).before_after.clean_score.what == "score of an answer"  # as earlier versions left it
    ends = [load_file(m.folder / "model.safetensors") for m in (whole, again)]
    assert all((ends[0][name] == ends[1][name]).all() for name in ends[0])
    pd.testing.assert_frame_equal(whole.before_after.table, again.before_after.table)


def test_divergence_says_what_to_do_and_keeps_nothing(found: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"diverged after 1 epochs and was given up.*--set lr=1"):
        mitigate(found, settings={"lr": 10.0, "epochs": 2, "average": 0.0}, out=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert not (folder / "model.safetensors").exists() and Plan.load(folder).config["lr"] == 10


def test_a_plan_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mitigation.yml").write_text("run: runs/a\nrecipe: {how: full}\n")
    with pytest.raises(UsageError, match="was written by another version of failscape; mitigate again"):
        Plan.load(tmp_path)
    for damage in ("run: runs/a\n", "run: [", "", "- 1\n"):
        (tmp_path / "mitigation.yml").write_text(damage)
        with pytest.raises(UsageError, match=r"mitigation.yml is damaged"):
            Plan.load(tmp_path)
    with pytest.raises(
        UsageError, match=r"the settings in mitigation.yml are not those of the trainer for summarization"
    ):
        assert Plan("runs/a", "x:y", "summarization", [1], ["dark"], {"method": "full", "distill": 1}, 1, []).training


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no run": (["mitigate"], "give the folder of a finished run"),
    "mode": (["mitigate", "RUN", "--modes", "99"], "no failure mode 99; its modes are 1 to"),
    "numbers": (["mitigate", "RUN", "--modes", "one"], "--modes takes numbers such as 1,3, not 'one'"),
    "method": (["mitigate", "RUN", "--method", "lorra"], "did you mean lora?"),
    "setting": (["mitigate", "RUN", "--set", "epoch=3"], "did you mean epochs?"),
    "resume": (["mitigate", "--resume", "nowhere"], "holds no mitigation"),
    "mitigated": (["fade", "RUN", "--mitigated", "nowhere"], "holds no mitigation"),
    "audit": (["audit", "nowhere"], "is not a run folder"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_get_one_line(
    name: str, found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command, message = MISTAKES[name]
    assert main([str(found) if word == "RUN" else word for word in command]) == 2
    assert message in capsys.readouterr().err


def test_weights_of_another_architecture_are_refused(faded: tuple[Run, Run]) -> None:
    weights = faded[1].settings.make["target"].partition("weights=")[2]
    with pytest.raises(UsageError, match="does not fit"):
        load_target(f"torchvision:resnet18?weights={weights}", "cpu")
    assert with_weights("hf:some/folder?revision=main&weights=a", "b") == "hf:some/folder?revision=main&weights=b"


def test_a_classifiers_score_is_the_probability_of_the_true_class(faded: tuple[Run, Run]) -> None:
    mitigated = load_mitigated(faded[0].folder.path.parent / "mitigated-classifier-street-signs-0")
    score = mitigated.before_after.clean_score
    mdp = build(faded[0].settings).mdp
    assert score.what == "probability of the true class"
    assert score.before == pytest.approx(mdp.baseline.score[mdp.items.held_out].mean(), abs=1e-5)
    assert score.low <= score.change <= score.high


def test_environments_go_around_another_target(faded: tuple[Run, Run], tmp_path: Path) -> None:
    """As in Python: the same environments, the fine-tuned target, a new run, the page."""
    before, after = faded
    uri = after.settings.make["target"]
    envs = gym.make_vec("failscape/Classifier-v0", num_envs=8, **before.settings.make).unwrapped
    mitigated = envs.with_target(uri)
    assert mitigated.mdp.target.name == uri and mitigated.mdp.items is envs.mdp.items and mitigated.num_envs == 8
    run = fs.explore(mitigated, explorer="random", budget=300, out=tmp_path, report=False)
    assert run.settings.make["target"] == uri
    versions = fs.compare(before, run, queries=500)
    assert versions.report(tmp_path / "before-after.html").exists()
    with pytest.raises(UsageError, match="differ in their class names"):
        envs.with_target("torchvision:squeezenet1_1?weights=none")
