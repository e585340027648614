"""Raters: a simulated one says what it is stated to, a person at a terminal is asked until the answer makes sense."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from failscape.feedback.cases import Case
from failscape.feedback.raters import Answer, SimulatedRater, Stop, TerminalRater

CASES = [Case(f"case-{i}", "mode", (i,), np.zeros(1)) for i in range(4000)]


def said(rater: SimulatedRater) -> np.ndarray:
    return np.array([rater.rate(case).undesirability for case in CASES], float)


def test_without_noise_it_rates_by_its_utility() -> None:
    rater = SimulatedRater("ada", lambda case: 1 + case.probes[0] % 10)
    np.testing.assert_array_equal(said(rater), [1 + i % 10 for i in range(len(CASES))])


def test_bias_spread_and_noise_are_what_was_stated() -> None:
    rater = SimulatedRater("ada", lambda case: 4.5 + 2 * (case.probes[0] % 2), noise=0.7, bias=1.0, spread=0.5)
    answers = said(rater)
    low, high = answers[::2], answers[1::2]
    assert (low.mean() + high.mean()) / 2 == pytest.approx(6.5, abs=0.06)
    assert high.mean() - low.mean() == pytest.approx(1.0, abs=0.08)
    assert low.std() == pytest.approx(np.hypot(0.7, 12**-0.5), abs=0.05)  # and that of rounding


def test_it_abstains_for_the_stated_share_and_repeats_itself() -> None:
    rater = SimulatedRater("ada", lambda case: 5.0, noise=2.0, abstain=0.3, seed=3)
    answers = said(rater)
    assert np.isnan(answers).mean() == pytest.approx(0.3, abs=0.03)
    np.testing.assert_array_equal(answers, said(rater))
    again = np.array([rater.rate(case).undesirability for case in CASES[::-1]], float)[::-1]
    np.testing.assert_array_equal(answers, again)
    other = said(SimulatedRater("bob", lambda case: 5.0, noise=2.0, abstain=0.3, seed=3))
    assert (answers != other).mean() > 0.5


def test_it_stays_on_the_scale() -> None:
    answers = said(SimulatedRater("ada", lambda case: 9.0, noise=5.0))
    assert answers.min() == 1 and answers.max() == 10


@pytest.fixture
def person() -> Callable[..., tuple[TerminalRater, list[str]]]:
    def typing(*lines: str) -> tuple[TerminalRater, list[str]]:
        told: list[str] = []
        typed: Iterator[str] = iter(lines)

        def ask(prompt: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        return TerminalRater("ada", lambda case: f"what is {case.key}?", ask, told.append), told

    return typing


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("7", "", ""), Answer(7.0)),
        (("10", "3", "a note"), Answer(10.0, 3.0, "a note")),
        (("x", "why not"), Answer(None, None, "why not")),
        (("0", "11", "-1", "seven", "²", "2", "12", "1", ""), Answer(2.0, 1.0)),
    ],
)
def test_a_person_answers(
    person: Callable[..., tuple[TerminalRater, list[str]]], lines: tuple[str, ...], answer: Answer
) -> None:
    rater, told = person(*lines)
    assert rater.rate(CASES[5]) == answer
    assert told[0] == "what is case-5?"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (("7", "", "y", ""), Answer(7.0, None, "", True)),
        (("7", "3", "perhaps", "NO", "blurred"), Answer(7.0, 3.0, "blurred", False)),
        (("7", "", "", ""), Answer(7.0)),
        (("x", "n", "no sign at all"), Answer(None, None, "no sign at all", False)),
        (("x", "y"), Answer(None, None, "", True)),  # the input ends before the note
    ],
)
def test_a_person_says_whether_it_is_still_right(
    person: Callable[..., tuple[TerminalRater, list[str]]], lines: tuple[str, ...], answer: Answer
) -> None:
    rater, told = person(*lines)
    rater.question = lambda case: "Is it still a stop?"
    assert rater.rate(CASES[5]) == answer
    assert ("'perhaps' is neither y nor n" in told) == ("perhaps" in lines)


@pytest.mark.parametrize("lines", [("q",), ()])
def test_a_person_stops(person: Callable[..., tuple[TerminalRater, list[str]]], lines: tuple[str, ...]) -> None:
    with pytest.raises(Stop):
        person(*lines)[0].rate(CASES[0])


@pytest.mark.parametrize(
    ("lines", "kept"),
    [(("7",), Answer(7.0)), (("7", "3"), Answer(7.0, 3.0)), (("x",), Answer(None))],
)
def test_the_end_of_the_input_keeps_what_was_said_and_stops(
    person: Callable[..., tuple[TerminalRater, list[str]]], lines: tuple[str, ...], kept: Answer
) -> None:
    rater, told = person(*lines)
    assert rater.rate(CASES[5]) == kept
    with pytest.raises(Stop):
        rater.rate(CASES[6])
    assert not any("case-6" in line for line in told), "nothing more is asked"
