"""Captions and questions say what is true of a scene, and blind captions tell nothing of what is true."""

import numpy as np
import pytest

from failscape.data.street.traffic.captions import (
    READINGS,
    WORDS,
    blind_captions,
    plain_caption,
    readings,
    varied_caption,
)
from failscape.data.street.traffic.factors import FACTORS, TrafficFactors, sample_traffic, vary
from failscape.data.street.traffic.questions import CALLED, question, question_pair
from failscape.errors import UsageError

SCENE = TrafficFactors("bus", "red", "near", "rain", "night", "town", 2, "officer", "red", side="right")


def test_a_plain_caption_says_all_that_is_seen() -> None:
    assert plain_caption(SCENE) == "a red bus, close by, two officers, in the rain, at night, in town"
    assert plain_caption(SCENE, ()) == "a bus"
    assert plain_caption(vary(SCENE, count=1), ("count", "job", "hair")) == "a bus, one red-haired officer"
    assert plain_caption(vary(SCENE, count=0), ("count", "job")) == "a bus, nobody around"
    assert plain_caption(SCENE, ("side",)) == "a bus, the sign to the left of the bus"


@pytest.mark.parametrize("name", ["distance", "weather", "light", "place"])
def test_varied_captions_never_say_another_value(name: str) -> None:
    rng = np.random.default_rng(0)
    for index in range(200):
        scene = sample_traffic(2, index)
        parts = set(varied_caption(scene, rng).split(", "))
        for value, words in WORDS[name].items():
            assert value == getattr(scene, name) or not parts & set(words)


def test_varied_captions_are_many() -> None:
    rng = np.random.default_rng(0)
    assert len({varied_caption(SCENE, rng) for _ in range(200)}) > 150


@pytest.mark.parametrize("name", READINGS)
def test_a_blind_caption_tells_either_reading_as_often(name: str) -> None:
    rng = np.random.default_rng(1)
    values = next(factor.values for factor in FACTORS if factor.name == name)
    said = {value: [words.format(vehicle="bus") for words in WORDS[name][value]] for value in values}
    for true in values:
        scene = vary(SCENE, **{name: true})
        parts = [set(blind_captions(scene, rng)[0].split(", ")) for _ in range(1200)]
        counts = [sum(bool(part & set(said[value])) for part in parts) for value in values]
        assert 450 < sum(counts) < 750  # half of the captions tell it
        assert abs(counts[0] - counts[1]) < 4 * np.sqrt(sum(counts))


def test_readings_differ_in_a_few_words() -> None:
    assert readings(SCENE, "bicycle", ("color",)) == ("a red bus, with a bicycle", "a red bus, with no bicycle")
    assert readings(SCENE, "birds", ()) == ("a bus, four birds", "a bus, five birds")
    one, other = readings(SCENE, "side", ())
    assert sorted(one.split()) == sorted(other.split())  # the same words in another order


def test_captions_refuse_what_they_cannot_tell() -> None:
    with pytest.raises(UsageError, match=r"captions do not tell 'letter'"):
        plain_caption(SCENE, ("letter",))


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_a_question_has_one_right_answer_and_its_pair_the_other(factor) -> None:
    rng = np.random.default_rng(3)
    for index in range(20):
        scene = sample_traffic(4, index, count=(1, 2, 3))
        asked = question(scene, factor.name, None, rng)
        true = getattr(scene, factor.name)
        assert asked.options[asked.answer] == CALLED.get(factor.name, {}).get(true, str(true))
        assert asked.options[0] != asked.options[1]
        assert "{" not in asked.text
        if factor.name in ("job", "hair"):
            assert ("the person?" in asked.text) == (scene.count == 1)
        pair = question_pair(scene, factor.name, rng)
        assert pair.questions[0].options == pair.questions[1].options
        assert {question.answer for question in pair.questions} == {0, 1}
        one, other = (getattr(scene, factor.name) for scene in pair.scenes)
        assert one != other
        assert pair.scenes[1] == vary(scene, **{factor.name: other})


def test_questions_that_have_no_answer_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(UsageError, match="a scene without people cannot be asked for 'hair'"):
        question(vary(SCENE, count=0), "hair", None, rng)
    with pytest.raises(UsageError, match="'red' cannot be the wrong answer to 'color'"):
        question(SCENE, "color", "red", rng)
    with pytest.raises(UsageError, match=r"no factor 'colour' to ask for; did you mean color\?"):
        question(SCENE, "colour", None, rng)
