"""What is true of an incident in a street, and how incidents are drawn by chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

KINDS = ("collision", "fire", "flooding", "fallen-tree", "power-cut", "gas-leak", "breakdown", "theft")
VEHICLES = ("bus", "tram", "van", "lorry", "car", "taxi", "bicycle", "motorcycle")
BUILDINGS = ("bakery", "school", "hotel", "library", "cinema", "pharmacy", "garage", "church", "museum", "bank")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DISTRICTS = (
    *("Northgate", "Eastfield", "Westbrook", "Oldtown", "Kingsmead", "Ashford", "Riverside", "Fairview"),
    *("Harlow", "Brixton", "Millbank", "Southport"),
)
STREETS = tuple(
    f"{first} {last}"
    for first in ("Mill", "Station", "Church", "Park", "Harbour", "Castle", "Garden", "School", "Bridge", "Market")
    for last in ("Lane", "Road", "Street", "Avenue")
)
FIRST_NAMES = (
    *("Anna", "Boris", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Irene", "Jonas", "Karin", "Lucas"),
    *("Maria", "Nils", "Olga", "Peter", "Rosa", "Simon", "Tessa", "Viktor"),
)
LAST_NAMES = (
    *("Adler", "Baker", "Costa", "Dahl", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jensen", "Keller"),
    *("Lopez", "Meyer", "Novak", "Olsen", "Price", "Rossi", "Silva", "Turner", "Weber"),
)
JOBS = ("baker", "nurse", "teacher", "plumber", "student", "painter", "driver", "gardener", "waiter", "lawyer")
MOST_INJURED = 9
MOST_HOURS = 9


@dataclasses.dataclass(frozen=True)
class Incident:
    """Everything that a report of it may tell, and all that its summary must."""

    kind: str  # one of KINDS
    vehicle: str  # what had the accident, was hit, broke down or was stolen
    other: str  # what else was hit, in a collision
    building: str  # where it burned, flooded, leaked or was dark
    street: str
    district: str
    day: str
    time: str  # 07:40
    injured: int  # 0 to 9
    hours: int  # for which the road is closed; 0 where it is open
    caller: str | None  # who raised the alarm, if a name is known
    witness: str  # someone else who has something to say


def draw_incident(rng: np.random.Generator) -> Incident:
    """An incident, each of its facts drawn by itself; nobody is hurt in a third, a third leave the road open."""
    vehicle, other = _pick(rng, VEHICLES, 2)
    first, last = _pick(rng, FIRST_NAMES, 2), _pick(rng, LAST_NAMES, 2)
    return Incident(
        kind=_one(rng, KINDS),
        vehicle=vehicle,
        other=other,
        building=_one(rng, BUILDINGS),
        street=_one(rng, STREETS),
        district=_one(rng, DISTRICTS),
        day=_one(rng, DAYS),
        time=f"{rng.integers(24):02d}:{5 * rng.integers(12):02d}",
        injured=int(rng.integers(1, MOST_INJURED + 1)) if rng.random() < 2 / 3 else 0,
        hours=int(rng.integers(2, MOST_HOURS + 1)) if rng.random() < 2 / 3 else 0,
        caller=f"{first[0]} {last[0]}" if rng.random() < 1 / 2 else None,
        witness=f"{first[1]} {last[1]}",
    )


def summary(incident: Incident) -> str:
    """The one sentence that follows from the facts."""
    people = "1 person" if incident.injured == 1 else f"{incident.injured} people"
    hurt = f"{people} injured" if incident.injured else "nobody hurt"
    road = f"road closed for {incident.hours} hours" if incident.hours else "road open"
    alarm = f", alarm raised by {incident.caller}" if incident.caller else ""
    return f"{headline(incident)} on {incident.street} in {incident.district} on {incident.day}, {hurt}, {road}{alarm}."


def headline(incident: Incident) -> str:
    """What happened, as the summary says it."""
    return {
        "collision": f"A {incident.vehicle} hit a {incident.other}",
        "fire": f"Fire in a {incident.building}",
        "flooding": f"A burst pipe flooded a {incident.building}",
        "fallen-tree": f"A tree fell on a {incident.vehicle}",
        "power-cut": f"Power cut in a {incident.building}",
        "gas-leak": f"Gas leak in a {incident.building}",
        "breakdown": f"A {incident.vehicle} broke down",
        "theft": f"A {incident.vehicle} was stolen from a {incident.building}",
    }[incident.kind]


def _one(rng: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(rng.integers(len(among)))]


def _pick(rng: np.random.Generator, among: Sequence[str], n: int) -> list[str]:
    return [among[int(i)] for i in rng.choice(len(among), n, replace=False)]
