"""How a summarizer writes: what the model's own files say, and what the URI's options change in it."""

from __future__ import annotations

import copy
import sys
from typing import Any

from transformers import GenerationConfig

from failscape.errors import UsageError

MAX_TOKENS = 64  # where neither the model nor the user says how long a summary may be
SAMPLING = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
BEAMS = ("early_stopping", "length_penalty")


def generation_config(
    module: Any,
    tokenizer: Any,
    *,
    beams: int | None = None,
    max_tokens: int | None = None,
    min_tokens: int | None = None,
) -> GenerationConfig:
    """The model's own generation config with its parameters for summaries, without sampling.

    Args:
        module: The model; it is not changed.
        tokenizer: Says which tokens end and pad, where the model does not.
        beams: Of beam search; 1 is greedy. The model's own number, else 1.
        max_tokens: Most tokens of a summary; the model's own number, else 64.
        min_tokens: Least tokens; the model's own number, else none.

    Raises:
        UsageError: For numbers that cannot be.
    """
    config = copy.deepcopy(module.generation_config)
    config.update(**summary_parameters(module))
    start = 1 if module.config.is_encoder_decoder else None  # a decoder's first token is not written by it
    room = _positions(module.config)
    most = max_tokens or min(config.max_new_tokens or _new(config.max_length, start) or MAX_TOKENS, room)
    least = config.min_new_tokens or _new(config.min_length, start) if min_tokens is None else min_tokens
    if min_tokens is None and max_tokens is not None:
        least = min(least, most)
    config.update(
        num_beams=beams or config.num_beams or 1,
        max_new_tokens=most,
        min_new_tokens=least or None,
        max_length=None,
        min_length=None,
        do_sample=False,
        num_return_sequences=1,
        return_dict_in_generate=False,
        eos_token_id=tokenizer.eos_token_id if config.eos_token_id is None else config.eos_token_id,
        pad_token_id=tokenizer.pad_token_id if config.pad_token_id is None else config.pad_token_id,
        **dict.fromkeys(SAMPLING),
        **(dict.fromkeys(BEAMS) if (beams or config.num_beams or 1) == 1 else {}),
    )
    if (config.min_new_tokens or 0) > most:
        raise UsageError(f"min_tokens={config.min_new_tokens} is more than max_tokens={most}")
    if most > room:
        raise UsageError(f"max_tokens={most} is more than the model can write: {room}")
    return config


def summary_parameters(module: Any) -> dict[str, Any]:
    """The ``task_specific_params`` for summaries in the model's config, ``prefix`` among them."""
    return (getattr(module.config, "task_specific_params", None) or {}).get("summarization", {})


def whole_number(uri: str, option: str, value: str, least: int = 1) -> int | None:
    """An option's value as a number, None where it is not given; a UsageError for anything below ``least``."""
    if not value:
        return None
    if not value.isdecimal() or int(value) < least:
        raise UsageError(f"{uri}: {option} is a whole number from {least}, not '{value}'")
    return int(value)


def _new(length: int | None, start: int | None) -> int:
    """Tokens written, of a length with a decoder's first one; a causal model's counts its prompt and says nothing."""
    return max(0, length - start) if length and start else 0


def _positions(config: Any) -> int:
    """Tokens that can be written after a first one."""
    names = ("max_decoder_position_embeddings", "max_position_embeddings")
    counts = [count for count in (getattr(config, name, None) for name in names) if count]
    return counts[0] - 1 if counts else sys.maxsize
