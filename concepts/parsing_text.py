"""The grid of edits of texts that a user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from failscape.concepts.base import Concept
from failscape.concepts.item_axis import GROUP_AXES, GroupAxis
from failscape.concepts.parsing import concept_space
from failscape.concepts.space import ConceptSpace
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.grid import EditGrid
from failscape.concepts.text.steps import stepwise
from failscape.errors import UsageError

PAIRS = "pairs"


def group_asked(spec: Any) -> str | None:
    """The group axis among the names of ``spec``: ``topic`` or ``length``; None where there is none."""
    return next((part for part in _parts(spec) if isinstance(part, str) and part in GROUP_AXES), None)


def text_space(spec: Any, *, walk: bool = False, groups: Mapping[str, int] | None = None) -> ConceptSpace:
    """The grid that ``spec`` names.

    Args:
        spec: a preset, a space or its description, or names of edits: ``["lower-case", "negate"]`` is the grid of
            either at each of its strengths, with ``"pairs"`` among them also of both, with ``"topic"`` or ``"length"``
            for whose articles.
        walk: whether edits are made one place at a time instead.
        groups: index by name of the groups to choose from.

    Raises:
        UsageError: an unknown name, or one that edits no texts.
    """
    parts, name = _parts(spec), group_asked(spec)
    edits: list[Any] = [part for part in parts if part not in (PAIRS, name)]
    _check_groups(parts, name)
    if not edits:
        raise UsageError(f"{' and '.join(parts)} needs edits beside it, such as lower-case")
    plain = concept_space(edits[0] if len(edits) == 1 and not isinstance(edits[0], Concept) else edits)
    grid = plain if isinstance(plain, EditGrid) else None
    if walk:
        chosen = [part for part in (name, PAIRS if PAIRS in parts else None) if part]
        chosen += ["a preset"] if grid else []
        if chosen:
            raise UsageError(f"a walk makes edits one by one and has no use for {chosen[0]}; name edits alone")
        return stepwise(plain)
    if grid and name is None:
        return grid
    pairs = PAIRS in parts or (grid is not None and grid.pairs)
    group = None if name is None else GroupAxis({"all": 0} if groups is None else groups, name)
    return EditGrid(cast(Sequence[TextConcept], plain.edits), pairs, group)


def _check_groups(parts: list[Any], name: str | None) -> None:
    """Refuse two group axes, and that of pictures."""
    named = [part for part in parts if isinstance(part, str) and part in GROUP_AXES]
    if named not in ([], [name]) or name == "class":
        raise UsageError(f"articles are chosen by topic or by length, not by {' and '.join(named)}")


def _parts(spec: Any) -> list[Any]:
    """What is named, one by one; a preset, a description or a space stays whole."""
    whole = isinstance(spec, str | Concept | Mapping | ConceptSpace)
    return [spec] if whole else list(spec)
