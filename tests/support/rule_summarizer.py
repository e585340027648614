"""A summarizer of a few rules, for the reports of the street world: quick, exact, and wrong where its rules are.

It reads names by their capitals and numbers by their digits, so that edits of letters break it in ways one can foresee.
A file for ``--import``; its addresses are ``rules:reports`` and ``rules:terse``, which has no words for days.
"""

import re
from collections.abc import Sequence

import numpy as np
import torch

from failscape import register_target
from failscape.targets.outputs import SummarizerOutputs

PLACE = re.compile(r"[Oo]n ([A-Z][a-z]+ [A-Z][a-z]+)")
TOWN = re.compile(r"(?:district of|happened in) ([A-Z][a-z]+)")
DAY = re.compile(r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")
HURT = re.compile(r"(\d+) people")


class Rules:
    """Who, where, when and how many, as the rules find them."""

    task = "summarization"

    def __init__(self, name: str = "reports") -> None:
        self.name, self.terse, self.n_queries = f"rules:{name}", name == "terse", 0

    def __call__(self, inputs: Sequence[str] | np.ndarray, seeds: Sequence[int] | None = None) -> SummarizerOutputs:
        """Summaries, and counts of letters as features."""
        table = np.asarray(inputs, object)
        articles = table if table.ndim == 1 else table[:, 0]
        self.n_queries += len(articles)
        texts = np.array([summary(article, self.terse) for article in articles], object)
        counts = [[article.count(letter) for letter in "aeioust., "] for article in articles]
        return SummarizerOutputs(texts, torch.tensor(counts, dtype=torch.float32), np.zeros(len(inputs), bool))

    def prepare(self, item: Sequence[str]) -> tuple[str, str]:
        """The item as it is."""
        return item[0], item[1]


def summary(article: str, terse: bool = False) -> str:
    """What the rules find in one article."""
    rules = {"on {}": PLACE, "in {}": TOWN, "on {}day": DAY, ", {} people injured": HURT}
    found = {words: rule.search(article) for words, rule in rules.items() if not (terse and rule is DAY)}
    parts = [words.format(match[1]) for words, match in found.items() if match]
    first = re.split(r"[.,]", article, maxsplit=1)[0]
    what = " ".join(re.sub(PLACE, "", first).split()[:7])
    return " ".join([what, *parts]).replace(" ,", ",").strip() + "." if article.strip() else ""


@register_target("rules")
def load(name: str, device: str = "cpu") -> Rules:
    """Rules for the reports of the street world."""
    return Rules(name)
