"""A rule in words, exactly what it is: ``class = stop or yield and rotation 30° (the largest tested)``."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.grids.listing import listed
from failscape.analysis.grids.view import view_of
from failscape.analysis.modes.rule import Rule
from failscape.concepts import ConceptSpace


def rule_name(space: ConceptSpace, rule: Rule, classes: Sequence[str] = (), noun: str = "class") -> str:
    """The name of a rule.

    Args:
        space: the grid.
        rule: on this grid.
        classes: the only true classes that it is about; all where empty.
        noun: what a class is called here.
    """
    among = [f"{noun} = {listed(classes, 'or')}"] if len(classes) else []
    names = [" and ".join([*among, *view_of(space).box_names(box)]) for box in rule.boxes]
    everything = "any edit" if space.edits else "everywhere"
    return ", or ".join(name or everything for name in names)
