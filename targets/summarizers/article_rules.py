"""Rules of generation that look at the article: what the library drops where the decoder is given the encoder's states.

Shapes: ``B`` batch, ``T`` tokens, ``W`` beams, ``V`` vocabulary.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import BatchEncoding, GenerationConfig, LogitsProcessor
from transformers.generation.logits_process import (
    EncoderNoRepeatNGramLogitsProcessor,
    EncoderRepetitionPenaltyLogitsProcessor,
)

IDLE = {"encoder_repetition_penalty": 1.0, "encoder_no_repeat_ngram_size": 0}  # None would be the model's own again


class OfEachArticle(LogitsProcessor):
    """A processor of the library's for each article, which is made of its tokens alone and sees its beams alone.

    So padding is no token of an article, and what a summary is does not depend on what else is in the batch.
    """

    def __init__(self, make: Callable[[Any], LogitsProcessor], articles: Sequence[Any]) -> None:
        self.processors = [make(article[None]) for article in articles]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores ``(B * W, V)`` of what comes next after ``(B * W, T)``, as the rule leaves them."""
        n = len(self.processors)
        pairs = zip(self.processors, input_ids.chunk(n), scores.clone().chunk(n), strict=True)
        ruled = torch.cat([processor(written, own) for processor, written, own in pairs])
        forced = torch.isfinite(scores).sum(1, keepdim=True) == 1  # as the last token is; the library forces after this
        return torch.where(forced, scores, ruled)


def without_article_rules(
    config: GenerationConfig, tokens: BatchEncoding
) -> tuple[GenerationConfig, list[LogitsProcessor]]:
    """The config without the rules that look at the article, and these as processors of articles ``(B, T)``."""
    penalty, size = config.encoder_repetition_penalty, config.encoder_no_repeat_ngram_size
    if penalty in {None, 1.0} and not size:
        return config, []
    articles = [ids[mask.bool()] for ids, mask in zip(tokens["input_ids"], tokens["attention_mask"], strict=True)]
    processors: list[LogitsProcessor] = []
    if penalty not in {None, 1.0}:
        processors.append(OfEachArticle(lambda ids: EncoderRepetitionPenaltyLogitsProcessor(penalty, ids), articles))
    if size:
        processors.append(OfEachArticle(lambda ids: EncoderNoRepeatNGramLogitsProcessor(size, ids), articles))
    plain = copy.deepcopy(config)
    plain.update(**IDLE)
    return plain, processors
