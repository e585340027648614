"""What is true of a traffic scene: its factors, what each is for, and how scenes are drawn by chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from failscape.data.street.factors import LIGHTS, PLACES, WEATHERS
from failscape.errors import UsageError, did_you_mean

Value: TypeAlias = str | int


class Factor(NamedTuple):
    """One thing that can be different from scene to scene."""

    name: str
    values: tuple[Value, ...]
    kind: str  # one of KINDS
    pattern: str  # which visual pattern of MMVP it stands for; "" where it stands for none
    meaning: str


KINDS: dict[str, str] = {
    "seen": "in the captions and in the input of every encoder",
    "erased": "drawn, but not captioned, and removed from every token of `street-clip` that is used",
    "hidden": "finer than the input of `street-clip` shows, so that no fine-tune of it can bring it back",
    "text-blind": "captioned, but with the reading drawn at random, so that both readings are embedded alike",
    "biased": "tied to another factor in what the embedded diffusion model learns from",
    "free": "varies, and nothing is planted in it",
}

FACTORS: tuple[Factor, ...] = (
    Factor("vehicle", ("car", "van", "bus", "truck"), "seen", "", "what stands on the road"),
    Factor("color", ("red", "blue", "green", "yellow", "white"), "seen", "color", "the colour of the vehicle"),
    Factor("distance", ("near", "far"), "seen", "viewpoint", "how far away the vehicle is"),
    Factor("weather", WEATHERS, "seen", "", "the weather"),
    Factor("light", LIGHTS, "seen", "", "the time of day"),
    Factor("place", PLACES, "seen", "", "what lies behind the road"),
    Factor("count", (0, 1, 2, 3), "seen", "quantity", "how many people stand in front"),
    Factor("job", ("builder", "doctor", "gardener", "officer"), "seen", "", "what the people work as"),
    Factor("hair", ("dark", "red"), "biased", "", "the colour of their hair"),
    Factor("facing", ("left", "right"), "erased", "orientation", "which way the vehicle faces"),
    Factor("headlights", ("on", "off"), "erased", "state", "whether its headlights are on"),
    Factor("side", ("left", "right"), "erased", "position", "on which side of the sign the vehicle is"),
    Factor("rack", ("loaded", "bare"), "erased", "structure", "whether the vehicle carries luggage on its roof"),
    Factor("flag", ("shown", "absent"), "hidden", "presence", "whether a small flag is on the board"),
    Factor("letter", ("T", "L"), "hidden", "text", "the letter on the board"),
    Factor("bicycle", ("parked", "absent"), "text-blind", "", "whether a bicycle is parked at the kerb"),
    Factor("birds", (4, 5), "text-blind", "", "how many birds sit on the wire"),
    Factor("sign", ("stop", "yield", "parking", "priority-road"), "free", "", "the traffic sign"),
)
BY_NAME: Mapping[str, Factor] = {factor.name: factor for factor in FACTORS}
# Factors that are about the people: without people they have a value that nothing shows.
OF_PEOPLE = ("job", "hair")


@dataclasses.dataclass(frozen=True)
class TrafficFactors:
    """Everything a traffic scene shows; equal factors give equal pictures. Values are those of ``FACTORS``."""

    vehicle: str = "car"
    color: str = "red"
    distance: str = "near"
    weather: str = "clear"
    light: str = "day"
    place: str = "town"
    count: int = 0
    job: str = "builder"
    hair: str = "dark"
    facing: str = "left"
    headlights: str = "off"
    side: str = "left"
    rack: str = "bare"
    flag: str = "absent"
    letter: str = "T"
    bicycle: str = "absent"
    birds: int = 4
    sign: str = "stop"
    detail: int = 0  # seed of what has no name: exact places, clouds, windows, trees, drops

    def __post_init__(self) -> None:
        for factor in FACTORS:
            _check(factor.name, getattr(self, factor.name))


def sample_traffic(seed: int, index: int, **constraints: Value | Sequence[Value]) -> TrafficFactors:
    """Factors of scene ``index`` in the world ``seed``, each drawn by itself with equal chances.

    Args:
        seed: the world's seed, 0 or more.
        index: the scene's number, 0 or more; the scene does not depend on which others are drawn.
        **constraints: by factor, the value that it has or the values to choose from.

    Raises:
        UsageError: a number is none, or a constraint names no factor or no value of it.
    """
    if not all(isinstance(given, int | np.integer) and given >= 0 for given in (seed, index)):
        raise UsageError(f"a scene has a seed and a number from 0 up, not {seed!r} and {index!r}")
    rng = np.random.default_rng((seed, index))
    choices = {name: _choices(name, values) for name, values in constraints.items()}
    drawn = zip(FACTORS, rng.random(len(FACTORS)).tolist(), strict=True)
    chosen: dict[str, Any] = {}
    for factor, chance in drawn:
        values = choices.get(factor.name, factor.values)
        chosen[factor.name] = values[int(chance * len(values))]
    return TrafficFactors(**chosen, detail=int(rng.integers(2**31)))


def vary(factors: TrafficFactors, **changed: Value) -> TrafficFactors:
    """The same scene with some factors changed; all that has no name stays where it is."""
    for name, value in changed.items():
        _check(name, value)
    values: dict[str, Any] = changed
    return dataclasses.replace(factors, **values)


def table(scenes: Sequence[TrafficFactors]) -> pd.DataFrame:
    """One row per scene with its factors as categorical columns, in the order of ``FACTORS``, and ``detail``.

    ``job`` and ``hair`` are missing where the scene has no people.

    Raises:
        UsageError: ``scenes`` is no sequence of scenes.
    """
    check_scenes(scenes)
    rows = pd.DataFrame([dataclasses.asdict(scene) for scene in scenes])
    if rows.empty:
        rows = pd.DataFrame(columns=[*BY_NAME, "detail"])
    for factor in FACTORS:
        rows[factor.name] = pd.Categorical(rows[factor.name], categories=list(factor.values))
    for name in OF_PEOPLE:
        rows[name] = rows[name].where(rows["count"] != 0)
    return rows


def check_scenes(scenes: Sequence[TrafficFactors]) -> None:
    """Refuse what is no sequence of scenes.

    Raises:
        UsageError: it is something else.
    """
    if not isinstance(scenes, Sequence) or not all(isinstance(scene, TrafficFactors) for scene in scenes):
        raise UsageError("scenes are a list of TrafficFactors, as sample_traffic makes them; give one as [scene]")


def _choices(name: str, values: Value | Sequence[Value]) -> tuple[Value, ...]:
    found = tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (values,)
    for value in found:
        _check(name, value)
    if not found:
        raise UsageError(f"a constraint on {name!r} leaves no value to choose from")
    return found


def _check(name: str, value: Value) -> None:
    if name not in BY_NAME:
        raise UsageError(f"no factor {name!r}{did_you_mean(name, BY_NAME)}")
    known = BY_NAME[name].values
    if value not in known:
        raise UsageError(f"no {name} {value!r}{did_you_mean(str(value), map(str, known))}")
