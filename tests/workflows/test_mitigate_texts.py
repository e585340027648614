"""A summarizer is fine-tuned, loaded again, and described by its card."""

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import pandas as pd
import pytest
from safetensors.torch import load_file

import failscape as fs
from failscape.cli import main
from failscape.mitigation.paired_evaluation import measure
from failscape.targets.registry import load_target
from failscape.workflows.environment import build
from failscape.workflows.mitigate import load_mitigated, mitigate
from failscape.workflows.run import Run
from tests.support.tiny_text import tiny_seq2seq


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
    judged = measure(mdp, mdp.with_target(loaded, mdp.baseline), run.found_modes(), [1], queries=200)
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
    assert score.before == 1 and score.after == pytest.approx(clean["score_after"].mean()) and score.n == len(clean)
    assert score.low <= score.change <= score.high and score.change == pytest.approx(score.after - 1)
    card = (folder / "README.md").read_text()
    assert "Held-out articles" in card and "score of the summary, unedited" in card and "other topics" in card
    assert json.loads((folder / "summary.json").read_text())["clean_score"]["before"] == 1


def test_a_summarizer_has_no_head(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mitigate", str(texts), "--modes", "1", "--method", "head", "--quiet", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == ("error: no method 'head' of fine-tuning for summarization; known: full, lora\n")
    assert not list(tmp_path.iterdir())
