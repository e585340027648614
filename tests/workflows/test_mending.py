"""The whole loop on a small real run: mitigate, explore again, compare, audit; kills, mistakes, what stays on disk."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

import failscape as fs
from failscape.before_after import BeforeAfter, measure, plan
from failscape.building import build
from failscape.cli import main
from failscape.comparing import compare_versions, siblings
from failscape.concepts import concept_space
from failscape.envs.summarizer import NOUNS
from failscape.errors import UsageError
from failscape.mending import Listeners, Plan, go_on, load_mitigated, mitigate
from failscape.mitigation import Epoch
from failscape.runs import Run
from failscape.targets.registry import load_target, with_weights
from tests.support.tiny_text import tiny_seq2seq

QUICK = {"epochs": 2, "lr": 1e-3}
SMALL = ["--max-items", "400", "--budget", "3000", "--no-report", "--quiet", "--device", "cpu"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with failure modes; tests must not change it."""
    out = tmp_path_factory.mktemp("runs")
    assert main(["train", *SMALL, "--out", str(out)]) == 0
    return out / "classifier-street-signs-0"


@pytest.fixture(scope="module")
def faded(found: Path) -> tuple[Run, Run]:
    """Before and after, by the command line."""
    assert main(["fade", str(found), "--method", "lora", "--set", "epochs=4", "--queries", "3000", "--quiet"]) == 0
    return Run(found), Run(found.parent / "classifier-street-signs-1")


def test_the_loop_mends_and_leaves_everything_on_disk(faded: tuple[Run, Run]) -> None:
    before, after = faded
    mitigated = load_mitigated(before.folder.path.parent / "mitigated-classifier-street-signs-0")
    found = mitigated.before_after
    assert found.targeted.relative > 0.4 and found.targeted.high < 0 and found.clean.change < 0.05
    assert after.settings.make["target"] == mitigated.uri and after.settings.seed == 1000
    assert after.landscape().failure_rate < 0.7 * before.landscape().failure_rate
    card = (mitigated.folder / "README.md").read_text()
    assert mitigated.uri in card and "| targeted failure modes |" in card and before.modes()[0].name in card
    page = (after.folder / "before-after.html").read_text()
    assert "unedited, where more is better" in page.replace("\n", " ")
    assert "of the targeted failures were mended" in page and "http" not in page.replace("http://www.w3.org", "")
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
    versions = fs.compare(*faded, queries=2000)
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
    for heading in ("In short", "What was tested", "What fails", "What was mended", "What was not tested"):
        assert f">{heading}" in text
    assert "in 100 are answered wrongly" in text and paper.read_bytes().startswith(b"%PDF")
    with pytest.raises(UsageError, match="nothing was mended"):
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


# --- summarizers ---


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a tiny random summarizer over articles without references; tests must not change it.

    It is to write what it wrote of the unedited article, and does not where letters are missing.
    """
    folder = tmp_path_factory.mktemp("texts")
    tiny_seq2seq(folder / "bart", "bart", min_new_tokens=6)
    rows = [{"article": f"Story {i}. The bus hit van {i} on Mill Lane.", "topic": "ab"[i % 2]} for i in range(60)]
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, rows)))
    make = {"target": str(folder / "bart"), "data": str(folder / "articles.jsonl"), "device": "cpu"}
    edits = ["flip-case=.1,.2,.3,.4", "truncation=.1,.2,.3,.4"]
    envs = gym.make_vec("failscape/Summarizer-v0", num_envs=8, concepts=edits, **make)
    return fs.explore(envs, explorer="random", budget=500, out=folder / "runs", report=False).folder.path


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_summarizer_is_fine_tuned_and_loaded_again(texts: Path, tmp_path: Path, method: str) -> None:
    settings = {"epochs": 1, "lr": 0.01, "batch_size": 8}
    mitigated = mitigate(texts, [1], method, settings=settings, queries=200, out=tmp_path)
    run, found = Run(texts), mitigated.before_after
    mdp = build(run.settings).mdp
    loaded = load_target(mitigated.uri, "cpu")
    # What was judged in memory is what the file holds: it writes the same, to the last letter.
    judged = measure(mdp, mdp.with_target(loaded, mdp.looks), run.modes(), [1], queries=200)
    pd.testing.assert_frame_equal(judged.table, found.table)
    articles = mdp.items.batch.text[:8]
    again: Any = load_target(str(texts.parents[1] / "bart"), "cpu")
    again.module.load_state_dict(load_file(mitigated.folder / "model.safetensors"), strict=False)
    assert loaded(articles).texts.tolist() == again(articles).texts.tolist()
    assert mitigated.best == 1 and not list(mitigated.folder.glob("state*"))


def test_the_card_of_a_summarizer_tells_of_articles_and_scores(texts: Path, tmp_path: Path) -> None:
    assert main(["mitigate", str(texts), "--modes", "1", "--set", "epochs=1", "--queries", "200", "--quiet",
                 "--out", str(tmp_path)]) == 0  # fmt: skip
    (folder,) = tmp_path.iterdir()
    mitigated = load_mitigated(folder)
    score = mitigated.before_after.clean_score
    clean = mitigated.before_after.table.query("kind == 'clean'")
    assert score.before == 1 and score.after == pytest.approx(clean["truth_after"].mean()) and score.n == len(clean)
    assert score.low <= score.change <= score.high and score.change == pytest.approx(score.after - 1)
    card = (folder / "README.md").read_text()
    assert "Held-out articles" in card and "score of the summary, unedited" in card and "other topics" in card
    assert json.loads((folder / "summary.json").read_text())["clean_score"]["before"] == 1


def test_a_summarizer_has_no_head(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mitigate", str(texts), "--modes", "1", "--method", "head", "--quiet", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == ("error: no method 'head' of fine-tuning for summarization; known: full, lora\n")
    assert not list(tmp_path.iterdir())


def test_a_classifiers_score_is_the_probability_of_the_true_class(faded: tuple[Run, Run]) -> None:
    mitigated = load_mitigated(faded[0].folder.path.parent / "mitigated-classifier-street-signs-0")
    score = mitigated.before_after.clean_score
    mdp = build(faded[0].settings).mdp
    assert score.what == "probability of the true class"
    assert score.before == pytest.approx(mdp.looks.confidence[mdp.items.held_out].mean(), abs=1e-5)
    assert score.low <= score.change <= score.high


# --- what is shown to both versions ---


def test_the_plan_shows_an_item_once_per_mode_and_point(found: Path) -> None:
    run = Run(found)
    mdp, modes = build(run.settings).mdp, run.modes()
    pairs = plan(mdp, modes[:2], [1, 2], 3000, 0)
    held_out = np.flatnonzero(mdp.items.held_out)
    assert set(pairs["item"]) <= set(held_out) and (pairs["kind"] == "clean").sum() == len(held_out)
    assert not pairs.duplicated(["kind", "mode", "item", "point"]).any()
    for number, mode in ((1, modes[0]), (2, modes[1])):
        own = pairs[(pairs["kind"] == "mode") & (pairs["mode"] == number)]
        assert set(own["point"]) <= set(mode.points.tolist()) and not own["item"].duplicated().any()
        assert not mode.classes or set(mdp.items.group[own["item"]]) <= set(mode.classes)
        free = pairs[(pairs["kind"] == "untouched") & pairs["point"].isin(mode.points)]
        assert (mode.classes and not set(mdp.items.group[free["item"]]) & set(mode.classes)) or not len(free)


def test_where_points_choose_a_class_only_its_items_are_shown() -> None:
    """A mode of one class is aimed at its items, and what is left of its points is nobody's."""
    space = concept_space(["class", "darken=0,0.2,0.4"], classes={"a": 0, "b": 1})
    items = SimpleNamespace(held_out=np.ones(80, bool), group=np.arange(80) % 2)
    mode = SimpleNamespace(points=np.array([1, 2, 5]), classes=())
    pairs = plan(SimpleNamespace(items=items, space=space), [mode], [1], 10_000, 0)  # type: ignore[arg-type, list-item]
    edited = pairs[pairs["point"] >= 0]
    assert (items.group[edited["item"]] == space.point(edited["point"].to_numpy())[:, 0]).all()
    own = pairs[pairs["kind"].isin(["targeted", "mode"])]
    assert set(own["point"]) == {1, 2, 5} and (own.groupby("kind")["item"].nunique() == 80).all()
    assert set(pairs[pairs["kind"] == "untouched"]["point"]) == {0, 3, 4}


def test_a_version_against_itself_shows_no_change(found: Path) -> None:
    run = Run(found)
    mdp = build(run.settings).mdp
    heard: list[tuple[int, int]] = []
    same = measure(mdp, mdp, run.modes(), [1], queries=1000, step=lambda *told: heard.append(told))
    assert isinstance(same, BeforeAfter) and same.targeted.change == same.clean.change == same.untouched.change == 0
    assert len(same.new_failures) == 0 and same.harmed == [] and heard[-1][0] == heard[-1][1]


def test_what_became_worse_elsewhere_is_told_where_chance_does_not_explain_it() -> None:
    """Either way round; the same outcomes cost nothing."""
    better, worse = np.arange(300) < 6, np.arange(300) < 40
    rows = {
        "kind": "clean",
        "mode": 0,
        "item": np.arange(300),
        "point": -1,
        "predicted_after": 0,
        "confidence_after": 0.5,
    }

    def versions(before: np.ndarray, after: np.ndarray) -> BeforeAfter:
        outcomes = {
            "failed_before": before,
            "failed_after": after,
            "truth_before": 1.0 - before,
            "truth_after": 1.0 - after,
        }
        clean = pd.DataFrame({**rows, **outcomes})
        untouched = clean.assign(kind="untouched", point=3)
        table = pd.concat([clean, untouched], ignore_index=True)
        return BeforeAfter(table, {}, {3: "lower-case 50 %"}, NOUNS)

    assert versions(better, worse).costs == [
        "unedited articles fail more often: 2.0\N{NO-BREAK SPACE}% → 13\N{NO-BREAK SPACE}%",
        "the score of the summary of unedited articles fell: 98\N{NO-BREAK SPACE}% → 87\N{NO-BREAK SPACE}%",
        "untouched points fail more often on average: 2.0\N{NO-BREAK SPACE}% → 13\N{NO-BREAK SPACE}%",
    ]
    assert versions(worse, better).costs == [] and versions(better, better).costs == []


def test_other_items_cannot_be_paired(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(found)
    settings: Callable[..., object] = run.settings.make.__setitem__
    mdp = build(run.settings).mdp
    settings("max_items", 300)
    with pytest.raises(UsageError, match="not shown the same items"):
        measure(mdp, build(run.settings).mdp, run.modes(), [1])


def test_environments_go_around_another_target(faded: tuple[Run, Run], tmp_path: Path) -> None:
    """As in Python: the same environments, the fine-tuned target, a new run, the page."""
    before, after = faded
    uri = after.settings.make["target"]
    envs = gym.make_vec("failscape/Classifier-v0", num_envs=8, max_items=400, device="cpu").unwrapped
    mitigated = envs.with_target(uri)
    assert mitigated.mdp.target.name == uri and mitigated.mdp.items is envs.mdp.items and mitigated.num_envs == 8
    run = fs.explore(mitigated, explorer="random", budget=300, out=tmp_path, report=False)
    assert run.settings.make["target"] == uri
    versions = fs.compare(before, run, queries=500)
    assert versions.report(tmp_path / "before-after.html").exists()
    with pytest.raises(UsageError, match="differ in their class names"):
        envs.with_target("torchvision:squeezenet1_1?weights=none")
