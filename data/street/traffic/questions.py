"""Questions with two options about traffic scenes, one for each factor, and their right answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors, Value, vary
from failscape.errors import UsageError, did_you_mean


class Question(NamedTuple):
    """A question about one factor of a scene."""

    text: str
    options: tuple[str, str]
    answer: int  # index of the right option
    factor: str
    pattern: str  # of MMVP; "" where the factor stands for none


# How each factor is asked for, and how its values are called as an answer where not by their own names.
ASKED: Mapping[str, str] = {
    "vehicle": "What kind of vehicle is on the road?",
    "color": "What colour is the {vehicle}?",
    "distance": "Is the {vehicle} near or far away?",
    "weather": "What is the weather like?",
    "light": "What time of day is it?",
    "place": "What lies behind the road?",
    "count": "How many people are there?",
    "job": "What is the job of {the people}?",
    "hair": "What is the hair colour of {the people}?",
    "facing": "Which way does the {vehicle} face?",
    "headlights": "Are the headlights of the {vehicle} on or off?",
    "side": "Is the {vehicle} to the left or to the right of the sign?",
    "rack": "Does the {vehicle} carry luggage on its roof?",
    "flag": "Is there a flag on the board?",
    "letter": "Which letter is on the board?",
    "bicycle": "Is a bicycle parked at the kerb?",
    "birds": "How many birds sit on the wire?",
    "sign": "Which traffic sign is there?",
}
CALLED: Mapping[str, Mapping[Value, str]] = {
    "place": {"town": "tall buildings", "suburb": "small houses", "country": "hills and trees"},
    "light": {"day": "daytime"},
    "weather": {"rain": "rainy", "fog": "foggy", "snow": "snowy"},
    "sign": {"priority-road": "priority road"},
    "rack": {"loaded": "yes", "bare": "no"},
    "flag": {"shown": "yes", "absent": "no"},
    "bicycle": {"parked": "yes", "absent": "no"},
}


def question(scene: TrafficFactors, name: str, other: Value | None, rng: np.random.Generator) -> Question:
    """The question about one factor.

    Args:
        scene: what is true.
        name: the factor.
        other: the value that the wrong option has; drawn from ``rng`` where it is None.
        rng: draws the order of the options.

    Raises:
        UsageError: an unknown factor or value, the true value as the wrong option, or a question about people in a
            scene without any.
    """
    if name not in BY_NAME:
        raise UsageError(f"no factor {name!r} to ask for{did_you_mean(name, BY_NAME)}")
    if name in OF_PEOPLE and scene.count == 0:
        raise UsageError(f"a scene without people cannot be asked for {name!r}")
    factor, true = BY_NAME[name], getattr(scene, name)
    others = [value for value in factor.values if value != true]
    wrong = others[rng.integers(len(others))] if other is None else other
    if wrong not in others:
        raise UsageError(f"{wrong!r} cannot be the wrong answer to {name!r}; these can: {', '.join(map(str, others))}")
    first = int(rng.integers(2))
    called = [_called(name, value) for value in (true, wrong)]
    options = (called[first], called[1 - first])
    return Question(_asked(scene, name), options, first, name, factor.pattern)


class QuestionPair(NamedTuple):
    """Two scenes that differ in one factor, and one question with the same options for both, as in MMVP."""

    scenes: tuple[TrafficFactors, TrafficFactors]
    questions: tuple[Question, Question]


def question_pair(scene: TrafficFactors, name: str, rng: np.random.Generator) -> QuestionPair:
    """The scene and one that differs in the factor alone, with the same question, whose answers are opposite.

    Raises:
        UsageError: see ``question``.
    """
    asked = question(scene, name, None, rng)
    true, values = getattr(scene, name), BY_NAME[name].values
    wrong = next(value for value in values if value != true and _called(name, value) == asked.options[1 - asked.answer])
    return QuestionPair((scene, vary(scene, **{name: wrong})), (asked, asked._replace(answer=1 - asked.answer)))


def _asked(scene: TrafficFactors, name: str) -> str:
    people = "the person" if scene.count == 1 else "the people"
    return ASKED[name].format_map({"vehicle": scene.vehicle, "the people": people})


def _called(name: str, value: Value) -> str:
    return CALLED.get(name, {}).get(value, str(value))
