"""Edits in words for people who are not engineers: ``turned clockwise by 10 degrees``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from failscape.analysis.grids.product_names import edge, ends, levels_name
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.images.registry import IMAGE_CONCEPTS

Words = Callable[[float, float], str]  # of the weakest and the strongest strength


def amount(low: float, high: float, unit: str = "", of: float = 1) -> str:
    """``10 degrees``, ``10 to 20 degrees``, ``up to 20 degrees``; ``of`` strengths are one unit."""
    low, high = (round(strength * of, 1) for strength in (low, high))
    span = f"{high:g}" if low == high else f"up to {high:g}" if low == 0 else f"{low:g} to {high:g}"
    return f"{span}{unit}"


def _either_way(verb: str, negative: str, positive: str, by: str, unit: str, of: float = 1) -> Words:
    """An edit that has a direction and changes nothing at 0; ``by`` takes how far."""

    def words(low: float, high: float) -> str:
        if low >= 0 or high <= 0:
            span = amount(low, high, unit, of) if low >= 0 else amount(-high, -low, unit, of)
            return f"{verb} {positive if low >= 0 else negative} {by.format(span)}"
        if low == -high:
            return f"{verb} either way {by.format(amount(0, high, unit, of))}"
        back, forth = by.format(amount(0, -low, unit, of)), by.format(amount(0, high, unit, of))
        return f"{verb} {negative} {back} or {positive} {forth}"

    return words


def _share(sentence: str) -> Words:
    """An edit whose strength is a share, told in per cent."""
    return lambda low, high: sentence.format(amount(low, high, " %", 100))


def _severity(what: str) -> Words:
    return lambda low, high: f"{what} of strength {amount(low, high)} on a scale to 5"


def _mirrored(low: float, high: float) -> str:
    if low >= 0.5:
        return "mirrored, left for right"
    return "not mirrored" if high < 0.5 else "mirrored, left for right, or not"


WORDS: Mapping[str, Words] = {
    "rotation": _either_way("turned", "clockwise", "counter-clockwise", "by {}", " degrees"),
    "zoom": _share("at {} of their size"),
    "shift_x": _either_way("moved", "to the left", "to the right", "by {} of the width", " %", 100),
    "shift_y": _either_way("moved", "up", "down", "by {} of the height", " %", 100),
    "flip": _mirrored,
    "darken": _share("in dim light, with {} of the light missing"),
    "brightness": _share("at {} of their brightness"),
    "contrast": _share("at {} of their contrast"),
    "saturation": _share("with {} of their colour"),
    "hue": _either_way(
        "with colours turned", "from red towards violet", "from red towards yellow", "by {} of a full circle", " %", 100
    ),
    "gaussian_blur": lambda low, high: f"out of focus, each dot smeared over about {amount(low, high)} dots around it",
    "motion_blur": _severity("blurred as by movement, with a blur"),
    "gaussian_noise": _share("with grain, each dot off by about {} of full brightness"),
    "jpeg": lambda low, high: f"saved as JPEG of quality {amount(low, high)}, where 100 is the best",
    "occlusion": _share("with something grey in the way, {} as wide and as high as the picture"),
    "fog": _severity("in fog"),
    "rain": _severity("in rain"),
    "snow": _severity("in falling snow"),
}
KINDS: Mapping[str, str] = {
    "rotation": "turning",
    "zoom": "another size",
    "shift_x": "moving sideways",
    "shift_y": "moving up or down",
    "flip": "mirroring",
    "darken": "dim light",
    "gaussian_blur": "bad focus",
    "motion_blur": "blur by movement",
    "gaussian_noise": "grain",
    "jpeg": "JPEG compression",
    "occlusion": "something in the way",
    "occluded_place": "a covered part",
}


def plain_names(space: ConceptSpace, box: Sequence[Sequence[int]]) -> list[str]:
    """The levels of each axis that a box does not hold whole, in words."""
    axes = zip(space.concepts, box, strict=True)
    return [edit_in_words(concept, levels) for concept, levels in axes if len(levels) < len(concept.levels)]


def kind_in_words(name: str) -> str:
    """What kind of edit a name stands for: ``bad focus``."""
    return KINDS.get(name, name.replace("-", " "))


def edit_in_words(concept: Concept, levels: Sequence[int], *, says_end: bool = True) -> str:
    """Some levels of a concept, a run of them where they have an order, and whether they end where the tests did.

    ``turned clockwise by 10 to 20 degrees``, ``in fog of strength 3 on a scale to 5 (nothing beyond that was tested)``.
    What has no words of its own is told by the sentence that describes it, or by its name: ``noise 0.5``.
    """
    words = _words_of(concept)
    if words is None:
        return f"with {levels_name(concept, levels)}"
    first, last = levels[0], levels[-1]
    if ends(concept, first, last) == (concept.identity, concept.identity):
        return f"with {concept.name} left out"
    is_end = says_end and len(levels) < len(concept.levels) and edge(concept, first, last)
    return words(*ends(concept, first, last)) + (" (nothing beyond that was tested)" if is_end else "")


def edit_tested(concept: Concept) -> str | None:
    """All that was tested of an edit, with its name, by which examples call it; None where it has no words."""
    words = _words_of(concept)
    if words is None:
        return None
    low, high = ends(concept, 0, len(concept.levels) - 1)
    told, n = words(low, high), len(concept.levels)
    least = concept.level_name(0) if concept.edges is None else concept.quantity(low)
    most = concept.level_name(n - 1) if concept.edges is None else concept.quantity(high)
    span = least if n == 1 else f"{least} to {most}, in {n} steps"
    return f"{told[:1].upper()}{told[1:]} (called {concept.name} {span})"


def _words_of(concept: Concept) -> Words | None:
    if concept.name in WORDS and isinstance(concept, IMAGE_CONCEPTS[concept.name]):
        return WORDS[concept.name]
    # An edit whose description says what its strength is a share or a number of is told by that sentence.
    described = " ".join((type(concept).__doc__ or "").replace("``", "").split())
    found = re.match(r"(Share|Number) of (.*?)(?:[:;]|\.(?: [A-Z]|$))", described)
    if found and found[1] == "Share":
        return _share(f"with {{}} of {found[2]}")
    return (lambda low, high: f"with {amount(low, high)} {found[2]}") if found else None
