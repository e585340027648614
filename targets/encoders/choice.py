"""Which vector of a tower is meant: layer, token and projection, by name, checked against what the tower has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from failscape.errors import UsageError, did_you_mean
from failscape.targets.encoders.towers import Tower

_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True)
class Choice:
    """A vector, or one vector per token, of a tower."""

    layer: int | None  # the block after which the states are read, from 1; None: after the final norm
    token: str  # one of Tower.tokens, or of Tower.inner_tokens where there is a layer
    projection: bool


def choose(uri: str, tower: Tower, layer: str = "", token: str = "", projection: str = "") -> Choice:
    """The choice that options describe; the tower's own default where they are empty.

    Args:
        uri: How messages call the encoder.
        tower: Says what there is to choose from.
        layer: ``11``, or ``-2`` counted from the end; the states after this block, without the final norm.
        token: ``pooled``, ``cls``, ``patches`` or ``mean``.
        projection: ``yes`` or ``no``.

    Raises:
        UsageError: The tower has no such layer, token or projection; it says what it has.
    """
    number = _layer(uri, tower.n_layers, layer) if layer else None
    known = tower.tokens if number is None else tower.inner_tokens
    if token and token not in known:
        where = "after its final norm" if number is None else f"in layer {layer}"
        raise UsageError(f"{uri} has no token '{token}' {where}; it has {', '.join(known)}")
    chosen = token or known[0]
    can_project = tower.has_projection and number is None and chosen == "pooled"
    projected = can_project if not projection else one_of(uri, "projection", projection, tuple(_ANSWERS)) == "yes"
    if projected and not can_project:
        has = "only its pooled vector of the final layer has one" if tower.has_projection else "this tower has none"
        raise UsageError(f"{uri} cannot take projection=yes with token={chosen}: {has}; leave the option out")
    return Choice(number, chosen, projected)


def one_of(uri: str, option: str, value: str, known: tuple[str, ...]) -> str:
    """The value of an option, where it is one of a few.

    Raises:
        UsageError: It is another; the line names the closest.
    """
    if value not in known:
        raise UsageError(f"{uri}: {option} cannot be '{value}'{did_you_mean(value, known)}")
    return value


def _layer(uri: str, n: int, layer: str) -> int:
    found = int(layer) if re.fullmatch(r"-?[0-9]{1,6}", layer) else 0
    if n and 1 <= abs(found) <= n:
        return found if found > 0 else n + 1 + found
    has = f"it has 1 to {n}, or -{n} to -1 counted from the end" if n else "its inner layers cannot be read"
    raise UsageError(f"{uri} has no layer '{layer}'; {has}")
