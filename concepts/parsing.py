"""Concepts and grids from what a user writes and from what a run folder remembers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from failscape.common.label_rules import LabelRule
from failscape.concepts.base import Concept
from failscape.concepts.column_axis import ColumnAxis
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.item_axis import GROUP_AXES, GroupAxis
from failscape.concepts.presets import PRESETS
from failscape.concepts.prompts.slots import Slot
from failscape.concepts.space import ConceptSpace
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.grid import EditGrid
from failscape.concepts.text.registry import TEXT_CONCEPTS
from failscape.concepts.text.steps import Steps
from failscape.errors import UsageError, did_you_mean

NAMED: dict[str, type[Concept]] = {**IMAGE_CONCEPTS, **TEXT_CONCEPTS}


# Of the description of a space that is a product of concepts.
KEYS = frozenset(
    {
        "levels",
        "units",
        "identities",
        "order",
        "edges",
        "switches",
        "options",
        "classes",
        "columns",
        "slots",
        "missing",
        "labels",
    }
)
CELLS = 8  # of a range, unless it says otherwise


Spec = str | Concept | Mapping[str, Any]


def concept_space(
    spec: Spec | Sequence[str | Concept] | ConceptSpace,
    classes: Mapping[str, int] | None = None,
    own: Mapping[str, type[Concept]] | None = None,
) -> ConceptSpace:
    """The grid that ``spec`` names.

    Args:
        spec: a preset (``"fsrl"``, ``"fsrl-text"``, ``"text"``, ``"text-pairs"``); what
            :meth:`ConceptSpace.describe` returns; or concepts, each an object, a name (``"contrast"``), a name with
            levels (``"rotation=-30,0,30"``) or with a range, whose strengths are drawn
            (``"rotation=-30..30"``, or ``"rotation=-30..30/12"`` for 12 cells instead of 8), and after colons with
            options (``"rotation=-30,0,30:interpolation=nearest:fill=edge"``). ``"class"`` is the group axis that
            chooses which class is edited.
        classes: index by name of the classes to choose from.
        own: a family's own concepts by name; then no others have names here, and there are no presets.

    Raises:
        UsageError: an unknown preset, concept or key, or levels that make no sense.
    """
    if isinstance(spec, ConceptSpace):
        return spec
    if isinstance(spec, str) and spec in PRESETS and own is None:
        spec = PRESETS[spec]
    if isinstance(spec, Mapping):
        return _from_description(spec)
    parts = [spec] if isinstance(spec, str | Concept) else list(spec)
    if own is None and len(parts) == 1 and isinstance(parts[0], str) and parts[0] in PRESETS:
        return _from_description(PRESETS[parts[0]])
    return ConceptSpace([_concept(part, classes, own) for part in parts])


def _from_description(description: Mapping[str, Any]) -> ConceptSpace:
    if "edits" in description:
        return _edit_grid(description)
    if set(description) - KEYS or "levels" not in description:
        raise UsageError(f"concepts take the keys {', '.join(sorted(KEYS))}, got {sorted(description)}")
    units, edges = description.get("units", {}), description.get("edges", {})
    columns: Mapping[str, Sequence[str]] = description.get("columns", {})
    slots: Mapping[str, Mapping[str, str]] = description.get("slots", {})
    concepts: list[Concept] = []
    for name, levels in description["levels"].items():
        shape = {"edges": edges[name]} if name in edges else {"levels": levels}
        if name in columns:
            concepts.append(ColumnAxis(name, names=columns[name], **shape))
        elif name in slots:
            concepts.append(Slot(name, slots[name]))
        elif name in GROUP_AXES and "classes" in description:
            concepts.append(GroupAxis(description["classes"], name))
        elif name in TEXT_CONCEPTS and units.get(name) == Steps.unit:
            concepts.append(Steps(TEXT_CONCEPTS[name](), levels))
        elif name in units and name not in NAMED:
            identity, switch = description.get("identities", {}).get(name), name in description.get("switches", ())
            concepts.append(Recorded(name, units[name], identity, switch=switch, **shape))
        else:
            concepts.append(_named(name, options=description.get("options", {}).get(name, {}), **shape))
    space = ConceptSpace(concepts, description.get("order"), description.get("missing", ()))
    labels = description.get("labels")
    if labels is None:
        return space
    return space.with_labels([LabelRule(*rule) for rule in labels["rules"]], labels["classes"], labels.get("groups"))


def _edit_grid(description: Mapping[str, Any]) -> EditGrid:
    keys = {"edits", "pairs", "levels", "edges", "groups"}
    if set(description) - keys:
        raise UsageError(f"a grid of edits takes the keys {', '.join(sorted(keys))}, got {sorted(description)}")
    levels, edges = description.get("levels", {}), description.get("edges", {})
    concepts = []
    for name in description["edits"]:
        shape = {"edges": edges[name]} if name in edges else {"levels": levels.get(name)}
        concepts.append(_named(name, **shape))
    groups = description.get("groups", {})
    group = next((GroupAxis(classes, name) for name, classes in groups.items()), None)
    return EditGrid(cast(list[TextConcept], concepts), description.get("pairs", False), group)


class Recorded(Concept):
    """A user's own concept as a run folder remembers it: all but the code that edits."""

    limits = (-math.inf, math.inf)

    def __init__(
        self,
        name: str,
        unit: str,
        identity: float | None = None,
        levels: Sequence[float] | None = None,
        *,
        edges: Sequence[float] | None = None,
        switch: bool = False,
    ) -> None:
        self.name, self.unit, self.identity = name, unit, identity  # type: ignore[misc]
        if switch:
            self.switch, self.names_identity, self.limits = True, False, (0.0, 1.0)  # type: ignore[misc]
        super().__init__(levels, edges=edges)

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        raise UsageError(f"the concept {self.name} is known by its name alone; name the file that has it with --import")


def _concept(
    part: str | Concept, classes: Mapping[str, int] | None, own: Mapping[str, type[Concept]] | None
) -> Concept:
    if isinstance(part, Concept):
        return part
    return GroupAxis(classes, part) if part in GROUP_AXES and classes is not None else _parse(part, own)


def _parse(text: str, own: Mapping[str, type[Concept]] | None) -> Concept:
    head, *rest = text.split(":")
    name, equals, values = head.partition("=")
    options = _options(name, rest)
    try:
        if ".." in values:
            return _named(name, own, options, edges=_edges(values))
        levels = [float(level) for level in values.split(",")] if equals else None
        return _named(name, own, options, levels=levels)
    except UsageError:
        raise
    except ValueError:
        raise UsageError(f"levels of {name} must be numbers separated by commas, got {values!r}") from None


def _options(name: str, parts: Sequence[str]) -> dict[str, str]:
    """``interpolation=nearest`` and the like, each after its colon."""
    options: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals or key in options:
            raise UsageError(f"options of {name} are OPTION=VALUE, each once and after its colon, got {part!r}")
        options[key] = value
    return options


def _edges(text: str) -> list[float]:
    """``-30..30`` or ``-30..30/12`` as the borders of its cells."""
    ends, slash, cells = text.partition("/")
    low, _, high = ends.partition("..")
    n = int(cells) if slash else CELLS
    if n < 1:
        raise UsageError(f"the range {text} needs 1 cell or more")
    return np.linspace(float(low), float(high), n + 1).tolist()


def _named(
    name: str,
    own: Mapping[str, type[Concept]] | None = None,
    options: Mapping[str, str] | None = None,
    **shape: Sequence[float] | None,
) -> Concept:
    if own is not None:
        if name not in own:
            raise UsageError(f"no concept {name!r} here{did_you_mean(name, own)}")
        return _made(own[name], options or {}, shape)
    if name in PRESETS:
        raise UsageError(f"the preset {name} is a whole grid and stands alone; name the concepts one by one instead")
    if name in GROUP_AXES:
        raise UsageError(f"the slice {name} needs data to say what there is to choose; give it to an environment")
    if name not in NAMED:
        raise UsageError(f"no concept or preset {name!r}{_known(name)}")
    return _made(NAMED[name], options or {}, shape)


def _made(kind: type[Concept], options: Mapping[str, str], shape: Mapping[str, Any]) -> Concept:
    kind.check_options(options)
    arguments: dict[str, Any] = {**shape, **options}
    return kind(**arguments)


def _known(name: str) -> str:
    """The closest name that there is, or all of them by what they edit."""
    close = did_you_mean(name, [*NAMED, *PRESETS])
    kinds = {"of images": sorted(IMAGE_CONCEPTS), "of texts": sorted(TEXT_CONCEPTS), "presets": sorted(PRESETS)}
    return close or "".join(f"; {kind}: {', '.join(names)}" for kind, names in kinds.items())
