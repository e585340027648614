"""Debiasing without training: each picture's prompt is given an attribute, drawn from the wanted distribution.

Shapes: ``B`` prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from failscape.data.prompts.template import filled, slots_of
from failscape.errors import UsageError, did_you_mean
from failscape.mitigation.resampling import shares_of

SLOT = "attribute"  # where the words come to stand; at the end of prompts without it


def with_attributes(
    prompts: Sequence[str], numbers: Sequence[int], words: Mapping[str, str], wanted: Mapping[str, float], seed: int = 0
) -> list[str]:
    """The prompts with words for an attribute: ``a doctor`` becomes ``a doctor with red hair``.

    Which value a picture gets depends on its number and ``seed`` alone, so that it can be drawn again. Over numbers,
    values follow the wanted distribution, whatever the target would have drawn by itself.

    Args:
        prompts: texts, (B,); ``{attribute}`` stands where the words belong, as in ``a {attribute} doctor``.
        numbers: of their pictures, (B,).
        words: for each value, what it is called in a prompt; ``""`` says nothing.
        wanted: weight of each value, which need not sum to 1.
        seed: another seed, other values.

    Raises:
        UsageError: a value that is wanted has no words, or the weights are no distribution.
    """
    for value in wanted:
        if value not in words:
            raise UsageError(f"no words say {value!r}{did_you_mean(value, words)}")
    values, shares = list(wanted), list(shares_of(wanted).values())
    drawn = [int(np.random.default_rng((seed, number)).choice(len(values), p=shares)) for number in numbers]
    return [_said(prompt, words[values[value]]) for prompt, value in zip(prompts, drawn, strict=True)]


def _said(prompt: str, words: str) -> str:
    template = prompt if SLOT in slots_of(prompt) else f"{prompt} {{{SLOT}}}"
    return filled(template, {SLOT: words})
