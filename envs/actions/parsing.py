"""How a grid is explored, by name: ``macro``, ``factored``, ``micro``, ``fsrl``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.lattice import lattice
from failscape.data.base import Items
from failscape.envs.actions.base import MAX_STEPS, ActionScheme
from failscape.envs.actions.compound import Compound
from failscape.envs.actions.factored import Factored
from failscape.envs.actions.jump import JumpToPoint
from failscape.envs.actions.starts import nearest_failures, walked_space
from failscape.envs.actions.walk import LatticeWalk
from failscape.errors import UsageError, did_you_mean

EXPLORATIONS = {
    "macro": "an action jumps to any point of the grid",
    "factored": "an episode sets one concept after the other: for grids of many concepts",
    "micro": "an action moves one level, from the unedited item to the smallest edit that breaks it",
    "fsrl": "the microscopic task of Failures Are Fated: edits compound, each step costs alpha",
}

SCHEMES: dict[str, type[ActionScheme]] = {
    scheme.name: scheme for scheme in (JumpToPoint, Factored, LatticeWalk, Compound)
}

# FSRL (arXiv 2406.07145), microscopic classification: each action adds .05 to the strength of its edit.
FSRL_STEPS = [round(0.05 * n, 2) for n in range(1, 21)]
FSRL_MICRO = {
    "levels": {"rotation": FSRL_STEPS, "darken": FSRL_STEPS, "saturation": FSRL_STEPS},
    "options": {"rotation": {"interpolation": "nearest"}},
}


def explored_space(
    explore: str, concepts: Any, start: str | Path | None, classes: Mapping[str, int] | None
) -> ConceptSpace:
    """The grid that ``concepts`` name, as the exploration needs it.

    Raises:
        UsageError: an unknown exploration, or a grid that it cannot walk.
    """
    if explore not in EXPLORATIONS:
        raise UsageError(f"no way to explore {explore!r}{did_you_mean(explore, EXPLORATIONS)}")
    if start is not None and explore != "micro":
        raise UsageError(f"only explore=micro starts from a run, not {explore}")
    if start is not None:
        return _walked(Path(start), concepts)
    if explore == "fsrl":
        return concept_space(FSRL_MICRO if concepts is None else concepts)
    space = concept_space("fsrl" if concepts is None else concepts, classes)
    return lattice(space) if explore == "micro" else space


def _walked(run: Path, concepts: Any) -> ConceptSpace:
    """The grid of a run as a lattice; of ``concepts`` where they are given, which must be those of the run."""
    walked = walked_space(run)
    if concepts is None:
        return walked
    given = lattice(concept_space(concepts))
    if given.describe() != walked.describe():
        raise UsageError(f"{run} explored {walked}, not {given}: leave out the concepts")
    return given


def make_scheme(
    explore: str,
    space: ConceptSpace,
    items: Items,
    start: str | Path | None = None,
    mode: int | None = None,
    max_steps: int = MAX_STEPS,
    alpha: float = 0.0,
) -> ActionScheme:
    """What an action does.

    Raises:
        UsageError: an unknown exploration, or a run that it cannot start from.
    """
    if explore not in EXPLORATIONS:
        raise UsageError(f"no way to explore {explore!r}{did_you_mean(explore, EXPLORATIONS)}")
    if explore == "micro":
        starts = None if start is None else nearest_failures(Path(start), space, items, mode)
        return LatticeWalk(space, starts, max_steps)
    if explore == "fsrl":
        return Compound(space, max_steps, alpha)
    return Factored(space) if explore == "factored" else JumpToPoint(space)


def classes_seen(items: Items, class_names: Sequence[str]) -> dict[str, int]:
    """Index by name of the classes that have items on both sides of the split, where anything is held out."""
    seen = set(items.group[~items.held_out].tolist())
    if items.held_out.any():
        seen &= set(items.group[items.held_out].tolist())
    return {class_names[i]: int(i) for i in np.array(sorted(seen), np.int64)}
