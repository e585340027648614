"""How strengths of one concept are distributed in use: shares of its levels from a line of text.

Shapes: ``L`` levels.
"""

from __future__ import annotations

import math
import re

import numpy as np
from scipy.stats import norm, uniform

from failscape.common.format import percent
from failscape.concepts import Concept
from failscape.errors import UsageError, did_you_mean

FORMS = {"normal": "normal(mean, deviation)", "uniform": "uniform(low, high)", "levels": "levels(share, ...)"}
MAX_BEYOND = 0.2  # share of a distribution that may lie beyond the grid


def level_shares(concept: Concept, text: str | float | None) -> np.ndarray:
    """Shares of the levels in use, ``(L,)`` of sum 1, from what is said of the axis, or from its identity."""
    if text is None:
        return _unnamed(concept)
    single = number(text)
    if single is not None:
        return _single(concept, single)
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


def _single(concept: Concept, strength: float) -> np.ndarray:
    at = np.isclose(concept.levels, strength, atol=1e-9)
    if not at.any():
        levels = ", ".join(f"{level:g}" for level in concept.levels)
        raise UsageError(f"{strength:g} is no level of {concept.name}; its levels are {levels}")
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
            f"{percent(beyond)} of {form}({first:g}, {second:g}) lies beyond the levels of {concept.name}, "
            f"{concept.levels[0]:g} to {concept.levels[-1]:g}: explore a wider range, or name a narrower distribution"
        )
    return np.diff(np.concatenate([[0.0], below[1:-1], [1.0]]))


def _borders(concept: Concept) -> np.ndarray:
    """Where levels meet and the grid ends, ``(L + 1,)``: a level reaches as far out as in."""
    if concept.edges is not None:
        return concept.edges
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
    numbers = [number(part) for part in inner.split(",")]
    known = [value for value in numbers if value is not None]
    if len(known) < len(numbers):
        raise UsageError(f"{name}={text!r} must hold finite numbers: {FORMS[form]}")
    return form, known


def number(text: str | float) -> float | None:
    """A finite number; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
