"""Prompts of the street world: what plain captions say, with a slot for each factor, and what each asks for."""

from __future__ import annotations

from failscape.data.prompts.book import Asks, PromptBook
from failscape.data.street.traffic.captions import PEOPLE, WORDS
from failscape.data.street.traffic.factors import BY_NAME

NAME = "street:prompts"
SAID = ("distance", "weather", "light", "place")  # each is a part of the sentence
NOBODY = "nobody"


def street_prompts() -> PromptBook:
    """A prompt for each vehicle; slots for its colour, the people, and the factors of ``SAID``.

    A slot that nobody fills says nothing, and then nothing is asked for.
    """
    rest = ", ".join(f"{{{name}}}" for name in ("people", *SAID))
    templates = {f"a {{color}} {vehicle}, {rest}": {"vehicle": str(vehicle)} for vehicle in BY_NAME["vehicle"].values}
    slots = {"color": {str(color): str(color) for color in BY_NAME["color"].values}, "people": _people()}
    slots |= {name: {str(value): words[0] for value, words in WORDS[name].items()} for name in SAID}
    values = {(name, value): {name: value} for name in ("color", *SAID) for value in slots[name]}
    values |= {("people", value): _asked(value) for value in slots["people"]}
    return PromptBook(NAME, tuple(templates), slots, {}, Asks(templates, values))


def _people() -> dict[str, str]:
    """``1 doctor``, ``3 gardener`` and so on, with their words."""
    found = {NOBODY: PEOPLE[0][0]}
    for count in range(1, len(PEOPLE)):
        for job in BY_NAME["job"].values:
            words = PEOPLE[count][0].format(job=job)
            found[f"{count} {job}"] = words
    return found


def _asked(value: str) -> dict[str, str]:
    if value == NOBODY:
        return {"count": "0"}
    count, job = value.split()
    return {"count": count, "job": job}
