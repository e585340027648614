"""Summarizers that read with an encoder and write with a decoder: T5, BART, PEGASUS and their kin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, BatchEncoding, LogitsProcessorList

from failscape.targets import pretrained
from failscape.targets.summarizers.article_rules import without_article_rules
from failscape.targets.summarizers.generation import generation_config, summary_parameters, whole_number
from failscape.targets.summarizers.prompting import Reader
from failscape.targets.summarizers.summarizer import Summarizer, Written, mean_state

KIND = "a summarizer"


def load(
    folder: Path,
    uri: str,
    device: str = "auto",
    *,
    beams: str = "",
    max_tokens: str = "",
    min_tokens: str = "",
    prefix: str | None = None,
    max_input: str = "",
) -> Summarizer:
    """The summarizer in a folder in Hugging Face format, its weights read as float32.

    Args:
        folder: With ``config.json``, weights and the tokenizer's files.
        uri: How messages call it.
        device: Where it runs.
        beams: Of beam search; 1 is greedy. Without it, what the model's own files say, else 1.
        max_tokens: Most tokens of a summary; else the model's own number, else 64.
        min_tokens: Least tokens of a summary; else the model's own number, else none.
        prefix: What stands before every article; else the model's own, such as T5's ``summarize: ``.
        max_input: Most tokens that are read of an article with its prefix; else as many as the model can, else 512.

    Raises:
        UsageError: Where it cannot be loaded, or an option is out of range.
    """
    module = pretrained.module(AutoModelForSeq2SeqLM, folder, uri, KIND, "a trained decoder")
    tokenizer = pretrained.tokenizer(folder, uri, KIND, module)
    module.generation_config = generation_config(
        module,
        tokenizer,
        beams=whole_number(uri, "beams", beams),
        max_tokens=whole_number(uri, "max_tokens", max_tokens),
        min_tokens=whole_number(uri, "min_tokens", min_tokens, least=0),
    )
    limit = pretrained.max_input(module, tokenizer, whole_number(uri, "max_input", max_input))
    before = summary_parameters(module).get("prefix", "") if prefix is None else prefix
    return Summarizer(module, Reader(tokenizer, limit, before), write, name=uri, device=device)


def write(module: Any, tokens: BatchEncoding) -> Written:
    """Read once and write: the decoder is given the states that the features are the mean of."""
    read = module.get_encoder()(**tokens)
    mask: torch.Tensor = tokens["attention_mask"]
    features = mean_state(read.last_hidden_state, mask)  # before beam search repeats the states in place
    config, own = without_article_rules(module.generation_config, tokens)
    written = module.generate(
        encoder_outputs=read, attention_mask=mask, generation_config=config, logits_processor=LogitsProcessorList(own)
    )
    return Written(features, written)
