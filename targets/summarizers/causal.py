"""Language models as summarizers: asked for a summary through their chat template, or by a plain prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BatchEncoding

from failscape.errors import UsageError
from failscape.targets import pretrained
from failscape.targets.summarizers.generation import generation_config, whole_number
from failscape.targets.summarizers.prompting import Reader
from failscape.targets.summarizers.summarizer import Summarizer, Written, mean_state

KIND = "a causal language model"
ARTICLE = "{article}"
INSTRUCTION = f"Summarize the following text in one sentence.\n\n{ARTICLE}"
ANSWER = "\n\nSummary:"


def load(
    folder: Path,
    uri: str,
    device: str = "auto",
    *,
    beams: str = "",
    max_tokens: str = "",
    min_tokens: str = "",
    max_input: str = "",
) -> Summarizer:
    """The language model in a folder in Hugging Face format as a summarizer; options as for a seq2seq one.

    It is asked to "Summarize the following text in one sentence", through its chat template where it has one.

    Raises:
        UsageError: Where it cannot be loaded, or an option is out of range.
    """
    module = pretrained.module(AutoModelForCausalLM, folder, uri, KIND, "a trained last layer")
    tokenizer = pretrained.tokenizer(folder, uri, KIND, module)
    tokenizer.padding_side = "left"  # what is written continues the prompt
    config = module.generation_config = generation_config(
        module,
        tokenizer,
        beams=whole_number(uri, "beams", beams),
        max_tokens=whole_number(uri, "max_tokens", max_tokens),
        min_tokens=whole_number(uri, "min_tokens", min_tokens, least=0),
    )
    asked = whole_number(uri, "max_input", max_input)
    limit = pretrained.max_input(module, tokenizer, asked, reserved=config.max_new_tokens)
    reader = Reader(tokenizer, limit, *prompt(tokenizer, uri), special=not tokenizer.chat_template)
    return Summarizer(module, reader, write, name=uri, device=device)


def prompt(tokenizer: Any, uri: str) -> tuple[str, str]:
    """What stands before and after an article.

    Raises:
        UsageError: The chat template leaves out what the user says.
    """
    text = INSTRUCTION + ANSWER
    if tokenizer.chat_template:
        message = {"role": "user", "content": INSTRUCTION}
        # Models that think aloud are asked not to; templates ignore what they do not know.
        options = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
        text = tokenizer.apply_chat_template([message], **options)
    before, found, after = text.partition(ARTICLE)
    if not found:
        raise UsageError(f"the chat template of {uri} does not show the model what a user says")
    return before, after


def write(module: Any, tokens: BatchEncoding) -> Written:
    """Write after the prompt; the features are of the prompt's own states, heard as they are computed."""
    heard: list[torch.Tensor] = []

    def listen(_: Any, __: Any, output: Any) -> None:
        if not heard:  # what comes later are single new tokens
            heard.append(output[0])

    hook = module.base_model.register_forward_hook(listen)
    try:
        texts = module.generate(**tokens)
    finally:
        hook.remove()
    beams = len(heard[0]) // len(tokens["input_ids"])  # neighbours that are equal so far
    features = mean_state(heard[0][::beams], tokens["attention_mask"])
    return Written(features, texts[:, tokens["input_ids"].shape[1] :])
