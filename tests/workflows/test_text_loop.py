"""The whole loop over real architectures: explore, map, mitigate; each saved and loaded as anyone's would be."""

import json
from pathlib import Path

import gymnasium as gym
import pytest

import failscape as fs
from failscape.data import open_texts
from failscape.targets.registry import load_target
from tests.support.tiny_text import tiny_causal, tiny_seq2seq

EDITS = ["flip-case", "delete-characters", "truncation"]
N = 30


def made(folder: Path, kind: str) -> Path:
    return tiny_causal(folder) if kind == "llama" else tiny_seq2seq(folder, kind)


def loop(target: fs.Summarizer, data: str, out: Path) -> None:
    """Explore, map and mitigate on two kinds of edits."""
    envs = gym.make_vec(
        "failscape/Summarizer-v0", num_envs=8, target=target.name, data=data, concepts=EDITS, held_out=0.4, device="cpu"
    )
    run = fs.explore(envs, explorer="random", budget=160, seed=0, out=out)
    landscape = run.landscape()
    assert landscape.baseline == 0 and landscape.failure_rate > 0.2 and landscape.coverage == 1
    assert run.found_modes() and (run.folder / "report.html").exists()
    mitigated = fs.mitigate(run, modes=[1], settings={"epochs": 2}, queries=200, out=out)
    again = load_target(mitigated.uri, "cpu")
    article = envs.unwrapped.mdp.items.batch.text[:2]
    assert again(article).texts.tolist() == load_target(mitigated.uri, "cpu")(article).texts.tolist()
    assert len(mitigated.history) >= 2 and mitigated.before_after.clean.n > 0


@pytest.mark.parametrize("kind", ["t5", "bart", "pegasus", "llama"])
def test_explore_map_and_mitigate(kind: str, tmp_path: Path) -> None:
    """What a random model writes of an article is taken for its reference, so that edits alone make it fail."""
    target = load_target(str(made(tmp_path / kind, kind)), "cpu")
    source = open_texts(f"reports:?n={N}")
    texts = [source.load(i)[0] for i in range(N)]
    rows = [
        json.dumps({"article": article, "summary": summary})
        for article, summary in zip(texts, target(texts).texts, strict=True)
        if summary.strip()
    ]
    (tmp_path / "articles.jsonl").write_text("\n".join(rows))
    loop(target, str(tmp_path / "articles.jsonl"), tmp_path / "runs")


def test_abstracts_of_papers(real_data: Path, tmp_path: Path) -> None:
    """Without their references, which a random model never meets: its own unedited summaries stand for them."""
    lines = (real_data / "scitldr" / "dev.jsonl").read_text().splitlines()[:N]
    rows = [json.dumps({"source": json.loads(line)["source"]}) for line in lines]
    (tmp_path / "papers.jsonl").write_text("\n".join(rows))
    loop(load_target(str(made(tmp_path / "bart", "bart")), "cpu"), str(tmp_path / "papers.jsonl"), tmp_path / "runs")
