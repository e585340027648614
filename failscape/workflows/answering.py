"""Who answers which question about which picture, and in which order: blind, one picture at a time."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.records.questions import PICTURES, QuestionStore
from failscape.workflows.questions import QuestionSession


class Shown(NamedTuple):
    """A question about one picture of its pair."""

    question: int  # its number
    picture: str  # "first" or "second"


class Turn(NamedTuple):
    """Where one person is."""

    shown: Shown | None  # what they are asked next; None where nothing is left
    asked: pd.DataFrame  # the questions that they may answer, as a session has them
    n_done: int  # pictures that they have answered a question about
    n_own: int  # questions that they may not answer, as they have written about the pair

    @property
    def n_all(self) -> int:
        """Pictures that they are asked about, answered ones among them."""
        return len(PICTURES) * len(self.asked)


def turn_of(session: QuestionSession, store: QuestionStore, name: str) -> Turn:
    """What a person is asked next.

    Who has written about a pair, even if it counts no longer, has seen both pictures and is not asked.
    """
    counting = session.counting(store)
    counting = counting[counting["difference"]]
    written = store.questions()
    own = written[written["author"].str.casefold() == name.casefold()]
    seen = set(zip(own["first"], own["second"], strict=True))
    is_own = np.array([pair in seen for pair in zip(counting["first"], counting["second"], strict=True)], bool)
    asked = counting[~is_own]
    answers = store.answers()
    answers = answers[(answers["answerer"] == name) & answers["question"].isin(asked.index)]
    given = [Shown(*row) for row in answers[["question", "picture"]].itertuples(index=False)]
    left = [shown for shown in blind_order(asked.index.tolist(), name) if shown not in given]
    # Questions that came in meanwhile change the order, and the two pictures of a pair might meet.
    others = [shown for shown in left if not given or shown.question != given[-1].question]
    return Turn(next(iter(others or left), None), asked, len(given), int(is_own.sum()))


def blind_order(questions: Iterable[int], name: str) -> list[Shown]:
    """Both pictures of each question, in an order drawn from a person's name.

    One picture of each question comes before the other picture of any, and the second halves of both rounds hold the
    same questions: between the two pictures of a question there are about half as many others as there are questions,
    and one at least where there are two questions or more.
    """
    drawn = sorted(questions, key=lambda number: _draw(name, number, "order"))
    half = len(drawn) // 2
    again = [sorted(part, key=lambda number: _draw(name, number, "again")) for part in (drawn[:half], drawn[half:])]
    which = {number: _draw(name, number, "picture")[0] % 2 for number in drawn}
    rounds = [Shown(number, PICTURES[which[number]]) for number in drawn]
    return rounds + [Shown(number, PICTURES[1 - which[number]]) for part in again for number in part]


def _draw(name: str, number: int, what: str) -> bytes:
    return blake2b(f"{name}\0{number}\0{what}".encode(), digest_size=8).digest()
