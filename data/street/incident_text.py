"""How a report tells an incident: in varied sentences, beside things that do not matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.data.street.incidents import DAYS, JOBS, Incident

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

LEADS: dict[str, tuple[str, ...]] = {
    "collision": (
        "A {vehicle} hit a {other} on {street}.",
        "On {street}, a {vehicle} ran into a {other}.",
        "A {other} was hit by a {vehicle} on {street}.",
        "There was a collision on {street}, where a {vehicle} struck a {other}.",
    ),
    "fire": (
        "A fire broke out in a {building} on {street}.",
        "Flames destroyed part of a {building} on {street}.",
        "A {building} on {street} caught fire.",
        "Firefighters were called to a burning {building} on {street}.",
    ),
    "flooding": (
        "A burst pipe flooded a {building} on {street}.",
        "Water from a broken pipe filled the cellar of a {building} on {street}.",
        "A {building} on {street} was under water after a pipe burst.",
        "On {street}, a pipe burst and flooded a {building}.",
    ),
    "fallen-tree": (
        "A tree fell on a {vehicle} on {street}.",
        "On {street}, a {vehicle} was crushed by a falling tree.",
        "A {vehicle} was hit by a tree that came down on {street}.",
        "An old tree came down on a {vehicle} on {street}.",
    ),
    "power-cut": (
        "The lights went out in a {building} on {street}.",
        "A {building} on {street} had no electricity.",
        "A power cut stopped work in a {building} on {street}.",
        "On {street}, a {building} was left in the dark by a power cut.",
    ),
    "gas-leak": (
        "Gas leaked from a pipe in a {building} on {street}.",
        "A {building} on {street} was emptied because of a gas leak.",
        "A smell of gas was noticed in a {building} on {street}.",
        "On {street}, gas escaped in a {building}.",
    ),
    "breakdown": (
        "A {vehicle} broke down on {street}.",
        "On {street}, a {vehicle} stopped with engine trouble.",
        "A {vehicle} with a broken axle came to a halt on {street}.",
        "A {vehicle} could not be moved from {street} after its engine failed.",
    ),
    "theft": (
        "A {vehicle} was stolen from a {building} on {street}.",
        "Thieves took a {vehicle} from a {building} on {street}.",
        "Someone drove off with a {vehicle} that belongs to a {building} on {street}.",
        "On {street}, a {vehicle} disappeared from the yard of a {building}.",
    ),
}
WHEN = (
    "It happened in {district} on {day} at {time}.",
    "The district of {district} was alarmed at {time} on {day}.",
    "Police in {district} were called on {day} at {time}.",
    "That was at {time} on {day}, in the middle of {district}.",
    "According to the police of {district}, it was {day}, {time}.",
)
NOBODY = (
    "Nobody was hurt.",
    "There were no injuries.",
    "Everyone escaped unharmed.",
    "No one was injured, though {crowd} people stood nearby.",
    "Doctors examined {crowd} people and found nobody injured.",
)
SOMEBODY = (
    "{people} injured.",
    "{people} taken to hospital.",
    "Doctors said that {people} hurt.",
    "It was first thought that {crowd} were hurt, but in the end {people} injured.",
    "Of {crowd} people nearby, {people} injured.",
)
CLOSED = (
    "The road is closed for {hours} hours.",
    "The road will be closed for the next {hours} hours.",
    "For {hours} hours nobody may drive there.",
    "Drivers have to avoid the road for {hours} hours.",
    "Repairs take {hours} hours, and so long the road stays shut.",
)
OPEN = (
    "The road is open.",
    "Traffic flows as usual.",
    "The road was never closed.",
    "Drivers can use the road again.",
    "After a short break the road was opened again.",
)
CALLER = (
    "{caller}, a {job}, raised the alarm.",
    "The alarm was raised by {caller}, who works as a {job}.",
    "It was {caller} who called for help.",
    "Help was called by {caller}, aged {age}.",
)
ASIDES = (
    "{witness}, a {job}, said it was very loud.",
    "{witness} lives next door and saw nothing.",
    "{witness}, aged {age}, took pictures.",
    "It was raining at the time.",
    "The sun was shining.",
    "A crew of {crowd} came with {trucks} trucks.",
    "The damage is put at {cost} euros.",
    "Last {other_day} a similar thing happened elsewhere.",
    "The mayor will speak about it on {other_day}.",
    "Bus line {line} is not affected.",
    "House number {line} was searched, too.",
    "A dog was found and brought home.",
)


def report(incident: Incident, rng: np.random.Generator) -> str:
    """An incident in eight to ten sentences: what happened first, all else in any order, numbers as digits or words."""
    fill = _fillings(incident, rng)
    hurt, road = SOMEBODY if incident.injured else NOBODY, CLOSED if incident.hours else OPEN
    sentences: list[tuple[str, ...]] = [WHEN, hurt, road]
    sentences += [CALLER] if incident.caller else []
    told = [_one(rng, templates) for templates in sentences]
    told += [ASIDES[i] for i in rng.choice(len(ASIDES), int(rng.integers(2, 5)), replace=False)]
    rng.shuffle(told)
    filled = [template.format_map(fill) for template in [_one(rng, LEADS[incident.kind]), *told]]
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in filled)


def _fillings(incident: Incident, rng: np.random.Generator) -> dict[str, object]:
    injured = _number(incident.injured, rng)
    was = "person was" if incident.injured == 1 else "people were"
    days = [day for day in DAYS if day != incident.day]
    return {
        **vars(incident),
        "people": f"{injured} {was}",
        "hours": _number(incident.hours, rng),
        "crowd": int(rng.integers(11, 40)),
        "trucks": _number(int(rng.integers(2, 6)), rng),
        "cost": int(rng.integers(2, 90)) * 1000,
        "line": int(rng.integers(10, 99)),
        "age": int(rng.integers(18, 90)),
        "job": _one(rng, JOBS),
        "other_day": _one(rng, days),
    }


def _number(n: int, rng: np.random.Generator) -> str:
    return WORDS[n] if rng.random() < 0.5 else str(n)


def _one(rng: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(rng.integers(len(among)))]
