"""Concepts by name, and the grids that papers used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from failscape.concepts.base import Concept
from failscape.concepts.blur import GaussianBlur
from failscape.concepts.rotation import Rotation
from failscape.concepts.space import ConceptSpace
from failscape.concepts.tone import Brightness, Contrast, Darken, Saturation
from failscape.errors import UsageError, did_you_mean

IMAGE_CONCEPTS: dict[str, type[Concept]] = {
    c.name: c for c in (Rotation, Darken, Brightness, Saturation, Contrast, GaussianBlur)
}

# FSRL (arXiv 2406.07145), macroscopic classification: axes in the order of its action index 25i + 5j + k,
# edits applied in another order.
FSRL = {
    "levels": {
        "rotation": [-10, -5, 0, 5, 10],
        "darken": [0.1, 0.2, 0.3, 0.4, 0.5],
        "saturation": [0.5, 0.55, 0.6, 0.65, 0.7],
    },
    "order": ["rotation", "saturation", "darken"],
}
PRESETS: dict[str, dict[str, Any]] = {"fsrl": FSRL}

Spec = str | Concept | Mapping[str, Any]


def concept_space(spec: Spec | Sequence[str | Concept] | ConceptSpace) -> ConceptSpace:
    """The grid that ``spec`` names.

    Args:
        spec: a preset (``"fsrl"``); what :meth:`ConceptSpace.describe` returns; or concepts, each an object, a name
            (``"contrast"``) or a name with levels (``"rotation=-30,0,30"``).

    Raises:
        UsageError: an unknown preset, concept or key, or levels that make no sense.
    """
    if isinstance(spec, ConceptSpace):
        return spec
    if isinstance(spec, str) and spec in PRESETS:
        spec = PRESETS[spec]
    if isinstance(spec, Mapping):
        return _from_description(spec)
    parts = [spec] if isinstance(spec, str | Concept) else list(spec)
    if len(parts) == 1 and isinstance(parts[0], str) and parts[0] in PRESETS:
        return _from_description(PRESETS[parts[0]])
    return ConceptSpace([part if isinstance(part, Concept) else _parse(part) for part in parts])


def _from_description(description: Mapping[str, Any]) -> ConceptSpace:
    unknown = set(description) - {"levels", "units", "order"}
    if unknown or "levels" not in description:
        raise UsageError(f"concepts take the keys levels, units and order, got {sorted(description)}")
    units = description.get("units", {})
    concepts = [
        Recorded(name, units[name], levels) if name in units and name not in IMAGE_CONCEPTS else _named(name, levels)
        for name, levels in description["levels"].items()
    ]
    return ConceptSpace(concepts, description.get("order"))


class Recorded(Concept):
    """A user's own concept as a run folder remembers it: name, unit and levels, without the code that edits."""

    identity = None
    limits = (-math.inf, math.inf)

    def __init__(self, name: str, unit: str, levels: Sequence[float]) -> None:
        self.name, self.unit = name, unit  # type: ignore[misc]
        super().__init__(levels)

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        raise UsageError(f"the concept {self.name} is known by its name alone; name the file that has it with --import")


def _parse(text: str) -> Concept:
    name, equals, levels = text.partition("=")
    try:
        return _named(name, [float(level) for level in levels.split(",")] if equals else None)
    except UsageError:
        raise
    except ValueError:
        raise UsageError(f"levels of {name} must be numbers separated by commas, got {levels!r}") from None


def _named(name: str, levels: Sequence[float] | None) -> Concept:
    if name in PRESETS:
        raise UsageError(f"the preset {name} is a whole grid and stands alone; name the concepts one by one instead")
    if name not in IMAGE_CONCEPTS:
        raise UsageError(f"no concept or preset {name!r}{did_you_mean(name, [*IMAGE_CONCEPTS, *PRESETS])}")
    return IMAGE_CONCEPTS[name](levels)
