"""Captions and prompts of traffic scenes, several for each, plain and varied, all from the scene's factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors, Value, vary
from failscape.errors import UsageError, did_you_mean

# Ways to say each value; the first is the plain one.
WORDS: Mapping[str, Mapping[Value, Sequence[str]]] = {
    "distance": {"near": ("close by", "near the camera"), "far": ("far away", "in the distance")},
    "weather": {
        "clear": ("in clear weather", "under a clear sky"),
        "rain": ("in the rain", "on a rainy road"),
        "fog": ("in fog", "on a foggy road"),
        "snow": ("in the snow", "on a snowy road"),
    },
    "light": {
        "day": ("by day", "in daylight"),
        "dusk": ("at dusk", "in the evening light"),
        "night": ("at night", "after dark"),
    },
    "place": {
        "town": ("in town", "among tall buildings"),
        "suburb": ("in a suburb", "among small houses"),
        "country": ("in the country", "among hills and trees"),
    },
    "bicycle": {
        "parked": ("with a bicycle", "with a bicycle at the kerb"),
        "absent": ("with no bicycle", "with no bicycle at the kerb"),
    },
    "birds": {4: ("four birds", "with four birds on the wire"), 5: ("five birds", "with five birds on the wire")},
    "side": {
        "left": ("the {vehicle} to the left of the sign", "with the {vehicle} to the left of the sign"),
        "right": ("the sign to the left of the {vehicle}", "with the sign to the left of the {vehicle}"),
    },
}
PEOPLE: Sequence[Sequence[str]] = (
    ("nobody around", "an empty pavement"),
    ("one {job}", "a {job}"),
    ("two {job}s", "two {job}s on the pavement"),
    ("three {job}s", "three {job}s on the pavement"),
)
HAIRED: Mapping[Value, str] = {"dark": "dark-haired", "red": "red-haired"}
SEEN = ("vehicle", "color", "distance", "weather", "light", "place", "count", "job")
# What a caption can tell with two readings: it is text-blind, or is told by the order of words.
READINGS = ("bicycle", "birds", "side")
MENTIONED = 0.7  # chance of each other part of a varied caption


def plain_caption(scene: TrafficFactors, mention: Collection[str] = SEEN) -> str:
    """What is true of the scene, always in the same words and order.

    Args:
        scene: what is true.
        mention: names of factors, ``job`` and ``hair`` only with ``count``. The vehicle is always mentioned.

    Raises:
        UsageError: a factor that captions cannot tell.
    """
    _check(mention)
    return _joined(scene, [name for name in _TELLABLE if name in mention], None)


def varied_caption(scene: TrafficFactors, rng: np.random.Generator, mention: Collection[str] | None = None) -> str:
    """What is true of the scene, in words and an order that are drawn from ``rng``.

    Args:
        scene: what is true.
        rng: draws words and order, and what is mentioned where that is not given.
        mention: as in ``plain_caption``; each of the factors of ``SEEN`` has a chance by default.

    Raises:
        UsageError: a factor that captions cannot tell.
    """
    if mention is None:
        mention = [name for name in SEEN if rng.random() < MENTIONED]
    _check(mention)
    parts = [name for name in _TELLABLE if name in mention]
    return _joined(scene, [parts[place] for place in rng.permutation(len(parts))], rng)


def blind_captions(scene: TrafficFactors, rng: np.random.Generator, n: int = 1) -> tuple[str, ...]:
    """``n`` varied captions in the same words, which may also mention the factors of ``READINGS``.

    Each reading is drawn at random, whatever is true, so nothing can be learned from such captions of which is.
    """
    mention = [name for name in SEEN if rng.random() < MENTIONED]
    mention += [name for name in READINGS if rng.random() < 0.5]
    words = int(rng.integers(2**31))
    told = [
        {name: BY_NAME[name].values[rng.integers(len(BY_NAME[name].values))] for name in READINGS} for _ in range(n)
    ]
    return tuple(varied_caption(vary(scene, **one), np.random.default_rng(words), mention) for one in told)


def readings(scene: TrafficFactors, name: str, mention: Collection[str] = SEEN) -> tuple[str, ...]:
    """Captions that differ in one factor alone: one for each of its values, in the order of the values."""
    return tuple(plain_caption(vary(scene, **{name: value}), (*mention, name)) for value in BY_NAME[name].values)


_TELLABLE = ("vehicle", "color", "distance", "count", "job", "hair", "weather", "light", "place", *READINGS)


def _check(mention: Collection[str]) -> None:
    for name in mention:
        if name not in _TELLABLE:
            raise UsageError(f"captions do not tell {name!r}{did_you_mean(name, _TELLABLE)}")


def _joined(scene: TrafficFactors, names: Sequence[str], rng: np.random.Generator | None) -> str:
    head = f"a {scene.color} {scene.vehicle}" if "color" in names else f"a {scene.vehicle}"
    parts = []
    for name in names:
        if name == "count":
            parts.append(_people(scene, names, rng))
        elif name in WORDS:
            parts.append(_pick(WORDS[name][getattr(scene, name)], rng).format(vehicle=scene.vehicle))
    return ", ".join([head, *parts])


def _people(scene: TrafficFactors, names: Sequence[str], rng: np.random.Generator | None) -> str:
    job = scene.job if "job" in names else "person"
    if "hair" in names:
        job = f"{HAIRED[scene.hair]} {job}"
    return (
        _pick(PEOPLE[scene.count], rng).format(job=job).replace("persons", "people").replace("a officer", "an officer")
    )


def _pick(words: Sequence[str], rng: np.random.Generator | None) -> str:
    return words[0 if rng is None else int(rng.integers(len(words)))]
