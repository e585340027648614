"""Metrics of summaries against the libraries that define them, closed forms, and laws that hold for all."""

import subprocess
import sys

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from failscape.errors import UsageError
from failscape.rewards.text_metrics.metrics import (
    METRICS,
    bleu,
    chrf,
    fsrl_formula,
    rouge,
    rouge1,
    rouge2,
    similarity,
    tokenizer_for,
)

REFERENCE = "A bus slid off an icy bridge near Harwick on Tuesday, and three of its 23 passengers were hurt."
FORMULAS = sorted(set(METRICS) - {"similarity"})  # the default encoder is tested with the encoders
SCORER = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)

WORDS = "a bus buses skidded skidding on The the icy bridge, bridges. 23 Harwick's Tuesday! not -- (nobody) были école"
words = st.sampled_from(WORDS.split())
sentences = st.lists(words, min_size=1, max_size=12).map(" ".join)
anything = st.one_of(sentences, st.text(max_size=20))


def column(*texts: str) -> np.ndarray:
    return np.array(texts, object)


def one(name: str, candidate: str, reference: str) -> float:
    return float(METRICS[name](column(candidate), column(reference))[0])


def letters(texts: np.ndarray) -> np.ndarray:
    """An encoder of two features: how much of a text is an "a", and how much a "b" speaks against it."""
    vectors = np.array([[text.count("a") - text.count("b"), text.count("c") + 1e-3] for text in texts], np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# the definitions


@pytest.mark.parametrize("kind", ["rouge1", "rouge2", "rougeL"])
@given(candidate=sentences, reference=sentences)
@settings(max_examples=150, deadline=None)
def test_rouge_is_googles(kind: str, candidate: str, reference: str) -> None:
    expected = 1.0 if candidate == reference else SCORER.score(reference, candidate)[kind].fmeasure
    assert rouge(column(candidate), column(reference), kind)[0] == pytest.approx(expected, abs=1e-6)


@given(candidate=sentences, reference=sentences)
@settings(max_examples=100, deadline=None)
def test_bleu_and_chrf_are_sacrebleus(candidate: str, reference: str) -> None:
    pair = column(candidate), column(reference)
    same = candidate == reference
    expected = 100 if same else sacrebleu.sentence_bleu(candidate, [reference], use_effective_order=True).score
    assert 100 * bleu(*pair)[0] == pytest.approx(expected, abs=1e-3)
    expected = 100 if same else sacrebleu.sentence_chrf(candidate, [reference]).score
    assert 100 * chrf(*pair)[0] == pytest.approx(expected, abs=1e-3)


def test_closed_forms() -> None:
    pair = column("the cats sat"), column("The cat was fast, it sat")
    assert rouge(*pair)[0] == pytest.approx(2 * 3 / 9)
    assert rouge1(*pair)[0] == pytest.approx(2 * 3 / 9)
    assert rouge2(*pair)[0] == pytest.approx(2 * 1 / 7)
    backwards = column("d c b a"), column("a b c d")
    assert rouge1(*backwards)[0] == 1
    assert rouge(*backwards)[0] == pytest.approx(2 * 1 / 8)
    assert rouge2(*backwards)[0] == 0
    # five of six words right, in pieces of three and two: precisions 5/6, 3/5, 1/4, and 1/(2 * 3) smoothed
    pieces = column("one two three X four five"), column("one two three Y four five")
    assert bleu(*pieces)[0] == pytest.approx((5 / 6 * 3 / 5 * 1 / 4 * 1 / 6) ** (1 / 4), rel=1e-5)


def test_an_unknown_rouge_is_refused() -> None:
    with pytest.raises(UsageError, match="no kind of ROUGE is called 'rougel'; did you mean rougeL"):
        rouge(column("a"), column("a"), "rougel")


# what holds for every metric


@pytest.mark.parametrize("name", FORMULAS)
@given(pairs=st.lists(st.tuples(anything, anything), max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_batch_is_its_rows(name: str, pairs: list[tuple[str, str]]) -> None:
    candidates, references = (column(*texts) for texts in (zip(*pairs, strict=True) if pairs else ((), ())))
    before = candidates.copy(), references.copy()
    scores = METRICS[name](candidates, references)
    assert scores.shape == (len(pairs),)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores.tolist() == [one(name, *pair) for pair in pairs]
    assert (candidates.tolist(), references.tolist()) == (before[0].tolist(), before[1].tolist())


@pytest.mark.parametrize("name", FORMULAS)
@given(reference=anything, filler=sentences, share=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_nothing_beats_a_perfect_summary(name: str, reference: str, filler: str, share: float) -> None:
    perfect = one(name, reference, reference)
    assert perfect == 1
    assert one(name, f"{reference} {filler}", reference) <= perfect
    assert one(name, reference[: int(share * len(reference))], reference) <= perfect


@pytest.mark.parametrize("name", ["rouge", "rouge-1", "rouge-2", "bleu", "chrf"])
def test_filler_and_cuts_cost_more_the_more_they_are(name: str) -> None:
    words = REFERENCE.split()
    cut = [one(name, " ".join(words[:n]), REFERENCE) for n in range(len(words) + 1)]
    filled = [one(name, " ".join([REFERENCE, *["indeed"] * n]), REFERENCE) for n in range(6)]
    assert cut == sorted(cut)
    assert cut[-1] == 1 > cut[-2]
    assert filled == sorted(filled, reverse=True)
    assert filled[0] == 1 > filled[1]


@pytest.mark.parametrize("name", FORMULAS)
def test_empty_texts_and_single_words(name: str) -> None:
    candidates = column("", " \n", "", "word", "Fire", "!!!", "a\u00a0b  c", "огонь")
    references = column("", "", "word", " ", "Fire", "!!!", "a b\nc", "огонь")
    np.testing.assert_array_equal(METRICS[name](candidates, references), [1, 1, 0, 0, 1, 1, 1, 1])


@pytest.mark.parametrize("name", FORMULAS)
def test_uneven_batches_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        METRICS[name](column("a", "b"), column("a"))


@pytest.mark.parametrize("name", ["rouge", "rouge-1", "rouge-2", "facts"])
@given(candidate=sentences, reference=sentences)
@settings(max_examples=40, deadline=None)
def test_an_f1_is_symmetric(name: str, candidate: str, reference: str) -> None:
    assert one(name, candidate, reference) == one(name, reference, candidate)


def test_texts_may_be_a_string_array() -> None:
    assert rouge(np.array(["a b", "c"]), np.array(["a b", "d"])).tolist() == [1, 0]


# meaning


def test_similarity_is_the_cosine_cut_at_zero() -> None:
    metric = similarity(letters)
    scores = metric(column("a", "ac", "b", "aaa"), column("aa", "a", "a", "aaa"))
    np.testing.assert_allclose(scores, [1, np.sqrt(0.5), 0, 1], atol=2e-3)
    assert scores.dtype == np.float32


def test_similarity_encodes_each_text_once_and_only_what_is_open() -> None:
    shown: list[str] = []

    def encoder(texts: np.ndarray) -> np.ndarray:
        shown.extend(texts)
        return letters(texts)

    similarity(encoder)(column("a", "ac", "a", "", "same"), column("aa", "a", "ac", "aa c", "same"))
    assert sorted(shown) == ["a", "aa", "ac"]
    assert similarity(encoder)(column("", "b"), column("", "b")).tolist() == [1, 1]
    assert similarity(encoder)(column(), column()).shape == (0,)
    assert len(shown) == 3


# FSRL


def test_fsrl_is_the_released_formula() -> None:
    article = "The bus slid off the bridge near Harwick. Nobody was hurt, the police said on Tuesday."
    articles = column(article, article, article, article)
    edited = column(article, article.lower(), article + " Really.", "The bus slid")
    summaries = column("The bus slid off the bridge near Harwick.", "", "The bus slid off a bridge.", "The bus slid")
    reward, score = fsrl_formula(articles, edited, summaries)
    pairs = zip(edited, summaries, strict=True)
    expected = np.array([sacrebleu.corpus_bleu([x], [[summary]]).score for x, summary in pairs])
    growth = [0, 0, len(" Really."), len("The bus slid") - len(article)]
    np.testing.assert_allclose(reward, expected * growth, rtol=1e-5)
    assert reward[2] > 0 > reward[3] or expected[3] == 0
    expected = [sacrebleu.corpus_bleu([article], [[summary]]).score for summary in summaries]
    np.testing.assert_allclose(score, expected, rtol=1e-5)
    assert reward.dtype == score.dtype == np.float32
    assert score[1] == 0 and score[0] > 10


def test_the_registry_is_light() -> None:
    heavy = {"rouge_score", "sacrebleu", "nltk", "transformers", "sentence_transformers"}
    code = (
        f"import sys; from failscape.rewards.text_metrics.metrics import METRICS; print(*{heavy!r} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


CUT = {  # text, its near equal, sacrebleu's rules
    "2路发生车祸，2人受伤，道路封闭。": ("2路发生车祸，3人受伤，道路封闭。", "zh"),
    "東京で火事があり二人がけがをした。": ("東京で火事があり三人がけがをした。", "ja-mecab"),
    "서울에서 화재가 발생해 두 명이 다쳤다.": ("서울에서 화재가 발생해 세 명이 다쳤다.", "ko-mecab"),
    "ที่นี่มีไฟไหม้เมื่อวานนี้": ("ที่นี่มีไฟไหม้เมื่อเช้านี้", "char"),
    "A bus hit a van on Mill Lane.": ("A bus hit a car on Mill Lane.", "13a"),
}


@pytest.mark.parametrize("text", CUT)
def test_bleu_knows_the_words_of_scripts_without_blanks(text: str) -> None:
    near, rules = CUT[text]
    assert tokenizer_for(text) in {rules, "char"} and (rules not in {"zh", "13a"} or tokenizer_for(text) == rules)
    assert 0.3 < bleu(np.array([near], object), np.array([text], object))[0] < 1
    wanted = sacrebleu.BLEU(effective_order=True, tokenize=tokenizer_for(text)).sentence_score(near, [text]).score / 100
    assert bleu(np.array([near], object), np.array([text], object))[0] == pytest.approx(wanted, abs=1e-6)
