"""How a summarizer reads an article: put between what comes before and after it, cut where it would not fit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import BatchEncoding

from failscape.errors import UsageError

# Of a long article only so many characters are read at first: in no language do tokens have more on average.
CHARACTERS_PER_TOKEN = 16
LONGEST_WORD = 100  # characters; whoever writes without spaces is cut between two tokens


@dataclass(frozen=True)
class Reader:
    """Turns articles into tokens.

    An article that does not fit is cut, and never the prompt around it: what a causal model is asked stays whole. Where
    an article spells out a special token (``</s>``), that token is read, as tokenizers do by default.
    """

    tokenizer: Any
    limit: int  # tokens of one prompt, special ones among them
    before: str = ""
    after: str = ""
    special: bool = True  # whether the tokenizer adds its special tokens; a chat template writes them itself

    def __post_init__(self) -> None:
        if not self._fits(""):
            raise UsageError(f"max_input={self.limit} leaves no room for an article: the prompt alone is longer")

    def cut(self, article: str) -> str:
        """The beginning of the article that fits, up to the end of a word; the very article where all of it fits."""
        head = article[: CHARACTERS_PER_TOKEN * self.limit]
        end = self._end(head)
        if end == len(head) < len(article):  # spaces by the thousand, or very long tokens
            head, end = article, self._end(article)
        if end == len(article):
            return article
        text = _whole_words(head, end)
        while text and not self._fits(text):  # tokens need not be the same where a text ends early
            text = _whole_words(text, len(text) - 1)
        return text

    def cut_all(self, articles: Sequence[str]) -> list[str]:
        """Each article as :meth:`cut` leaves it; those that fit are found together, which is much quicker."""
        likely = [i for i, article in enumerate(articles) if len(article) <= CHARACTERS_PER_TOKEN * self.limit]
        lengths = self.lengths([articles[i] for i in likely]) if likely else []
        fitting = {i for i, length in zip(likely, lengths, strict=True) if length <= self.limit}
        return [article if i in fitting else self.cut(article) for i, article in enumerate(articles)]

    def lengths(self, articles: Sequence[str]) -> list[int]:
        """Tokens of each prompt, uncut."""
        prompts = [self.before + article + self.after for article in articles]
        tokens = self.tokenizer(prompts, add_special_tokens=self.special, verbose=False)
        return [len(row) for row in tokens["input_ids"]]

    def encode(self, articles: Sequence[str]) -> BatchEncoding:
        """``input_ids`` and ``attention_mask`` ``(B, T)`` int64 of articles that fit, in their prompts, on the CPU."""
        prompts = [self.before + article + self.after for article in articles]
        return self.tokenizer(
            prompts,
            add_special_tokens=self.special,
            return_token_type_ids=False,
            padding=True,
            return_tensors="pt",
        )

    def _fits(self, text: str) -> bool:
        return self.lengths([text])[0] <= self.limit

    def _end(self, text: str) -> int:
        """How many characters can be read."""
        if not self.tokenizer.is_fast:  # it does not say which token is where
            beginnings = range(1, len(text) + 1)
            whole = self._fits(text)
            return len(text) if whole else bisect_left(beginnings, True, key=lambda end: not self._fits(text[:end]))
        tokens = self.tokenizer(
            self.before + text + self.after,
            add_special_tokens=self.special,
            return_offsets_mapping=True,
            verbose=False,
        )
        surplus = len(tokens["input_ids"]) - self.limit
        if surplus <= 0:
            return len(text)
        first, last = len(self.before), len(self.before) + len(text)
        starts = [start - first for start, end in tokens["offset_mapping"] if end > first and start < last]
        return max(0, starts[-surplus]) if surplus < len(starts) else 0  # where the first one begins that is too many


def _whole_words(text: str, end: int) -> str:
    """The first ``end`` characters, less the word that is cut by that."""
    if text[end : end + 1].isspace():
        return text[:end].rstrip()
    begun = re.search(rf"\s\S{{0,{LONGEST_WORD}}}$", text[max(0, end - LONGEST_WORD - 1) : end])
    return text[: end - len(begun[0])].rstrip() if begun else text[:end]
