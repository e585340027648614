"""Prompts of an environment, and the slots of them that it fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from failscape.concepts import ConceptSpace
from failscape.concepts.item_axis import GroupAxis
from failscape.concepts.lattice import lattice
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.book import PromptBook
from failscape.data.prompts.read import FSRL, read_prompts
from failscape.data.prompts.street import NAME as STREET
from failscape.data.prompts.street import NOBODY
from failscape.errors import UsageError, did_you_mean

PROMPT = "prompt"  # the axis that chooses prompts
DEFAULT_PROMPTS = {"embedded:street-diffusion": STREET}
DEFAULT_SLOTS = {STREET: ("color", "light", "weather")}  # of prompts whose slots are many


def opened(target: str, prompts: str | Path | None, named: Mapping[str, Sequence[str]]) -> PromptBook:
    """The prompts, with the values of slots that were named."""
    spec = prompts or DEFAULT_PROMPTS.get(target.partition("?")[0])
    if spec is None:
        raise UsageError(f"{target} needs prompts to draw: give --prompts, such as 'a {{color}} car' or {FSRL}")
    book = read_prompts(str(spec), {name: values for name, values in named.items() if values})
    for name in named:
        if name not in book.names and (name != PROMPT or named[name]):
            raise UsageError(f"no prompt of {spec} has a slot {name!r}{did_you_mean(name, (*book.names, PROMPT))}")
    if not book.names:
        raise UsageError(f"no prompt of {spec} has a slot to fill; write one, such as {{color}} or {{setting}}")
    return book


def named_slots(concepts: Sequence[str] | str | None) -> dict[str, list[str]]:
    """Slots that were named, with the values given for them: ``color``, ``color=red,blue``."""
    found: dict[str, list[str]] = {}
    for text in [concepts] if isinstance(concepts, str) else concepts or []:
        name, equals, values = text.partition("=")
        found[name] = [value.strip() for value in values.split(",") if value.strip()]
        if equals and not found[name]:
            raise UsageError(f"the slot {{{name}}} has no values; name them: {name}=WORDS,WORDS")
    return found


def slot_space(
    book: PromptBook, named: Mapping[str, Sequence[str]], explore: str, groups: Mapping[str, int]
) -> ConceptSpace:
    """The grid of the slots that were named, and of the prompts; where none was named, of the usual slots.

    Args:
        book: the prompts.
        named: slots, and ``prompt`` where the agent chooses the prompt, too.
        explore: how it is explored.
        groups: of prompts that can be chosen, their indices.
    """
    names = list(named) or DEFAULT_SLOTS.get(book.name, book.names)
    concepts = [Slot(name, book.slots[name]) if name in book.slots else GroupAxis(groups, name) for name in names]
    space = ConceptSpace(concepts)
    return lattice(space) if explore == "micro" else space


def slots_with_people(prompts: str | Path | None, target: str) -> dict[str, list[str]]:
    """The slots that are usual where an attribute of people is looked at; none but for prompts of streets."""
    if (prompts or DEFAULT_PROMPTS.get(target.partition("?")[0])) != STREET:
        return {}
    return {"people": [value for value in read_prompts(STREET).slots["people"] if value != NOBODY]}
