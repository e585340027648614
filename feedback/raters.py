"""Raters: whoever is asked what they think of a case. A person at a terminal, or one made up, to test with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from failscape.feedback.cases import Case

LOW, HIGH = 1, 10  # of the scales
QUESTIONS = {
    "undesirability": "How bad would it be if this happened? 1 harmless to 10 must not happen, x to abstain",
    "quality": "Could it occur? 1 never to 10 every day, Enter to skip",
    "still_right": "y, n (not of all that are shown), Enter to skip",
}


class Answer(NamedTuple):
    """What a rater says of a case."""

    undesirability: float | None  # 1 to 10; None abstains
    quality: float | None = None  # 1 to 10: whether the pictures could occur; None where not said
    note: str = ""
    still_right: bool | None = None  # whether the right answer still is, of all that was shown; None where not said


class Stop(Exception):
    """The rater has had enough."""


class Rater(Protocol):
    """One who is asked."""

    @property
    def name(self) -> str:
        """Who rates."""
        ...

    def rate(self, case: Case) -> Answer:
        """An answer; raises :class:`Stop` where the rater wants no more cases."""
        ...


@dataclass(frozen=True)
class SimulatedRater:
    """Rates by a stated utility, with noise: what it says of a case does not depend on what it was asked before.

    It answers ``bias + middle + spread (utility - middle) + noise``, rounded and kept on the scale.
    """

    name: str
    utility: Callable[[Case], float]  # what it would say without noise, 1 to 10
    noise: float = 0.0  # standard deviation, in points of the scale
    bias: float = 0.0  # points added to all it says
    spread: float = 1.0  # how much of the scale it uses
    abstain: float = 0.0  # share of the cases it does not rate
    seed: int = 0

    def rate(self, case: Case) -> Answer:
        """An answer."""
        digest = hashlib.sha256(f"{self.name} {self.seed} {case.key}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        abstains, noise = rng.random() < self.abstain, self.noise * rng.standard_normal()
        if abstains:
            return Answer(None)
        middle = (LOW + HIGH) / 2
        said = middle + self.bias + self.spread * (self.utility(case) - middle) + noise
        return Answer(float(np.clip(np.round(said), LOW, HIGH)))


@dataclass
class TerminalRater:
    """A person at a terminal."""

    name: str
    describe: Callable[[Case], str]  # what is shown of a case
    ask: Callable[[str], str]  # shows a prompt and returns a line, as ``input`` does
    tell: Callable[[str], None]  # shows lines
    question: Callable[[Case], str] = field(default=lambda case: "")  # of the right answer; empty where none is asked
    ended: bool = field(default=False, init=False)  # whether the input came to its end

    def rate(self, case: Case) -> Answer:
        """What the person types; q stops, and so does the end of the input, which keeps what was said before it."""
        if self.ended:
            raise Stop
        self.tell(self.describe(case))
        answer: Answer | None = None
        try:
            answer = Answer(self._number("undesirability", stops=True))
            if answer.undesirability is not None:
                answer = answer._replace(quality=self._number("quality"))
            answer = answer._replace(still_right=self._still_right(self.question(case)))
            return answer._replace(note=self.ask("note: ").strip())
        except EOFError:
            self.ended = True
            self.tell("")  # the prompt still stands in its line
            if answer is None:
                raise Stop from None
            return answer

    def _still_right(self, question: str) -> bool | None:
        known = {"": None, "y": True, "yes": True, "n": False, "no": False}
        while question:
            text = self.ask(f"{question} {QUESTIONS['still_right']}: ").strip().lower()
            if text in known:
                return known[text]
            self.tell(f"{text!r} is neither y nor n")
        return None

    def _number(self, what: str, *, stops: bool = False) -> float | None:
        hint = f"{QUESTIONS[what]}{', q to stop' if stops else ''}: "
        while True:
            text = self.ask(hint).strip().lower()
            if stops and text == "q":
                raise Stop
            if text == ("x" if stops else ""):
                return None
            if text.isdecimal() and LOW <= int(text) <= HIGH:
                return float(text)
            self.tell(f"{text!r} is not a whole number from {LOW} to {HIGH}")
