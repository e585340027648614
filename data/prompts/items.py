"""Prompts as items: each is one picture of one prompt, so that what is drawn anew is held out, too.

Shapes: ``T`` prompts, ``N`` items.
"""

from __future__ import annotations

import numpy as np

from failscape.common.filling import Filling
from failscape.data.base import Items
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.book import PromptBook
from failscape.data.prompts.template import filled
from failscape.data.split import held_out_both
from failscape.errors import UsageError


def prompt_items(book: PromptBook, pictures: int, held_out_share: float = 0.2, seed: int = 0) -> Items:
    """``pictures`` of each prompt with its slots as nobody fills them; the group of an item is its prompt.

    Pictures have numbers, and equal numbers of a prompt are the same noise at every point of the grid. Another seed
    gives other numbers.

    Raises:
        UsageError: no picture is asked for, or two prompts are one where nobody fills their slots.
    """
    if pictures < 1:
        raise UsageError(f"{pictures} pictures of each prompt are none; give 1 or more")
    groups = tuple(filled(template, book.neutral) for template in book.templates)
    twice = next((group for place, group in enumerate(groups) if group in groups[:place]), None)
    if twice is not None:
        raise UsageError(
            f"two prompts of {book.name} are both '{twice}' where nobody fills their slots; leave one out, or give "
            "neutral words"
        )
    numbers = seed * pictures + np.arange(pictures)
    templates = [template for template in book.templates for _ in range(pictures)]
    neutral = [Filling(slot, "", words) for slot, words in book.neutral.items()]
    batch = Prompts.of(templates, np.tile(numbers, len(groups)).tolist(), neutral)
    names = tuple(f"{group} #{number}" for group in groups for number in numbers)
    return Items(
        batch, np.repeat(np.arange(len(groups)), pictures), names, held_out_both(names, held_out_share), groups
    )
