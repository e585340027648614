"""How often edits happen in use: a distribution over the grid, from a line of text per concept.

Shapes: ``L`` levels, ``P`` points.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import reduce

import numpy as np
from scipy.stats import norm, uniform

from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.text.grid import EditGrid, edit_grid
from failscape.errors import UsageError, did_you_mean

FORMS = {"normal": "normal(mean, deviation)", "uniform": "uniform(low, high)", "levels": "levels(share, ...)"}
MAX_BEYOND = 0.2  # share of a distribution that may lie beyond the grid


def deployment(space: ConceptSpace, spec: Mapping[str, str | float]) -> np.ndarray:
    """Weights of the points in use, ``(P,)`` of sum 1, with concepts independent of each other.

    Args:
        space: the grid.
        spec: for each concept how its strength is distributed: ``normal(0, 5)``, ``uniform(0, 0.3)``,
            ``levels(0.5, 0.3, 0.2)`` (a share per level, brought to sum 1), or a number, which must be a level. A
            level stands for the strengths that are nearest to it. A concept that is not named stays at its identity.
            On a grid of edits of texts, how often each edit is made beside the others: ``lower-case=3, negate=1``.

    Raises:
        UsageError: a concept is unknown, a text says no distribution, or the grid does not hold it.
    """
    if grid := edit_grid(space):
        spec = _of_edits(grid, spec)
    for name in spec:
        if name not in space.names:
            raise UsageError(f"no concept {name!r} in the grid{did_you_mean(name, space.names)}")
    shares = [_shares(concept, spec.get(concept.name)) for concept in space.concepts]
    return np.asarray(reduce(np.multiply.outer, shares)).ravel()


def _of_edits(grid: EditGrid, spec: Mapping[str, str | float]) -> dict[str, str | float]:
    """The axes of a grid of edits from how often each edit is made: alone, evenly over strengths and over groups.

    What is said of an axis by its own name (``strength=levels(4, 2, 1, 1)``) holds.
    """
    names = [edit.name for edit in grid.edits]
    for name in spec:
        if name not in (*names, *grid.names):
            raise UsageError(f"no edit {name!r} in the grid{did_you_mean(name, (*names, *grid.names))}")
    shares = [_number(spec.get(name, 0)) for name in names]
    if any(share is None or share < 0 for share in shares) or ("edit" not in spec and not any(shares)):
        raise UsageError(f"say how often edits are made in use, a number for each, such as {names[0]}=3")
    even = {c.name: f"levels({', '.join('1' * len(c.levels))})" for c in grid.concepts if c.name != "also"}
    alone: dict[str, str | float] = {"also": 0.0} if grid.pairs else {}
    made = {} if "edit" in spec else {"edit": f"levels({', '.join(map(str, shares))})"}
    return {**even, **alone, **made, **{name: how for name, how in spec.items() if name in grid.names}}


def _shares(concept: Concept, text: str | float | None) -> np.ndarray:
    """Shares of the levels, ``(L,)`` of sum 1."""
    if text is None:
        return _unnamed(concept)
    number = _number(text)
    if number is not None:
        return _single(concept, number)
    form, arguments = _parse(concept.name, str(text))
    if form == "levels":
        return _per_level(concept, arguments)
    if concept.categorical:
        raise UsageError(f"{concept.name} has no order: give its shares with {FORMS['levels']}")
    return _binned(concept, form, arguments)


def _unnamed(concept: Concept) -> np.ndarray:
    try:
        return _single(concept, math.nan if concept.identity is None else concept.identity)
    except UsageError:
        raise UsageError(
            f"the grid has no level at which {concept.name} changes nothing: say how it is distributed in use, "
            f"such as {concept.name}={concept.levels[0]:g}"
        ) from None


def _single(concept: Concept, number: float) -> np.ndarray:
    at = np.isclose(concept.levels, number, atol=1e-9)
    if not at.any():
        levels = ", ".join(f"{level:g}" for level in concept.levels)
        raise UsageError(f"{number:g} is no level of {concept.name}; its levels are {levels}")
    return at.astype(float)


def _per_level(concept: Concept, shares: list[float]) -> np.ndarray:
    n = len(concept.levels)
    if len(shares) != n or min(shares) < 0 or sum(shares) <= 0:
        raise UsageError(f"levels(...) of {concept.name} takes {n} shares, not negative and not all 0")
    return np.array(shares) / sum(shares)


def _binned(concept: Concept, form: str, arguments: list[float]) -> np.ndarray:
    """What falls nearest to each level; the tails beyond the grid go to the outermost."""
    if len(arguments) != 2:
        raise UsageError(f"{form} of {concept.name} takes two numbers: {FORMS[form]}")
    first, second = arguments
    if form == "normal" and second <= 0:
        raise UsageError(f"the deviation of {concept.name} must be positive, got {second:g}")
    if form == "uniform" and second <= first:
        raise UsageError(f"uniform of {concept.name} must go up, got {first:g} to {second:g}")
    cdf = norm(first, second).cdf if form == "normal" else uniform(first, second - first).cdf
    borders = _borders(concept)
    below = cdf(borders)
    beyond = below[0] + 1 - below[-1]
    if beyond > MAX_BEYOND:
        raise UsageError(
            f"{beyond:.0%} of {form}({first:g}, {second:g}) lies beyond the levels of {concept.name}, "
            f"{concept.levels[0]:g} to {concept.levels[-1]:g}: explore a wider range, or name a narrower distribution"
        )
    return np.diff(np.concatenate([[0.0], below[1:-1], [1.0]]))


def _borders(concept: Concept) -> np.ndarray:
    """Where levels meet and the grid ends, ``(L + 1,)``: a level reaches as far out as in."""
    edges = getattr(concept, "edges", None)
    if edges is not None:
        return np.asarray(edges, float)
    levels = concept.levels
    if len(levels) < 2:
        return np.array([-np.inf, np.inf])
    middles = (levels[:-1] + levels[1:]) / 2
    return np.concatenate([[2 * levels[0] - middles[0]], middles, [2 * levels[-1] - middles[-1]]])


def _parse(name: str, text: str) -> tuple[str, list[float]]:
    found = re.fullmatch(r"\s*(\w+)\s*\(([^()]*)\)\s*", text)
    if not found:
        raise UsageError(f"{name}={text!r} is no distribution: use {', '.join(FORMS.values())} or a number")
    form, inner = found.groups()
    if form not in FORMS:
        raise UsageError(f"no distribution {form!r} for {name}{did_you_mean(form, FORMS)}")
    numbers = [_number(part) for part in inner.split(",")]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        raise UsageError(f"{name}={text!r} must hold finite numbers: {FORMS[form]}")
    return form, known


def _number(text: str | float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
