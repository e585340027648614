"""Prompts of the street world say what they ask for."""

from __future__ import annotations

import itertools

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.book import Asks
from failscape.data.prompts.street import street_prompts
from failscape.data.street.traffic.captions import plain_caption
from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors


def test_each_point_is_the_plain_caption_of_what_it_asks_for() -> None:
    book = street_prompts()
    space = ConceptSpace([Slot(name, values) for name, values in book.slots.items()])
    for template in book.templates:
        rows = np.random.default_rng(0).integers(space.n_points, size=200)
        prompts = space.apply(Prompts.of([template] * len(rows), range(len(rows))), space.point(rows))
        for text, asked in zip(prompts.texts, book.asks.of(prompts), strict=True):
            values = {name: int(value) if name == "count" else value for name, value in asked.items()}
            mention = [name for name in asked if name != "vehicle"]
            scene = TrafficFactors(**values)
            said = plain_caption(scene, mention)
            assert sorted(text.split(", ")) == sorted(said.split(", "))


def test_without_fillings_nothing_but_the_vehicle_is_asked_for() -> None:
    book = street_prompts()
    prompts = Prompts.of(book.templates, range(len(book.templates)))
    assert prompts.texts == [f"a {vehicle}" for vehicle in BY_NAME["vehicle"].values]
    assert book.asks.of(prompts) == [{"vehicle": vehicle} for vehicle in BY_NAME["vehicle"].values]


def test_every_number_of_people_has_every_job() -> None:
    people = street_prompts().slots["people"]
    both = itertools.product((1, 2, 3), BY_NAME["job"].values)
    assert set(people) == {"nobody", *(f"{count} {job}" for count, job in both)}
    assert people["1 officer"] == "one officer" and people["3 doctor"] == "three doctors"


def test_a_slot_counts_more_than_its_template() -> None:
    asks = Asks({"a {thing}": {"vehicle": "car", "color": "red"}}, {("thing", "bus"): {"vehicle": "bus"}})
    space = ConceptSpace([Slot("thing", {"bus": "bus", "other": "thing"})])
    prompts = space.apply(Prompts.of(["a {thing}"] * 2, [0, 1]), np.array([[0], [1]]))
    assert asks.of(prompts) == [{"vehicle": "bus", "color": "red"}, {"vehicle": "car", "color": "red"}]
