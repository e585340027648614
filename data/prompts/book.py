"""Prompts, what can stand in their slots, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.template import slots_of


class Asks(NamedTuple):
    """What prompts ask for, by factors that a judge can read from pictures."""

    templates: Mapping[str, Mapping[str, str]]  # of each template: factor and value
    values: Mapping[tuple[str, str], Mapping[str, str]]  # of each slot and the name of its value: factor and value

    def of(self, prompts: Prompts) -> list[dict[str, str]]:
        """What each prompt asks for: factor and value. What a slot asks for counts more than what its template does."""
        found = []
        for template, fillings in zip(prompts.template, prompts.fillings, strict=True):
            asked = dict(self.templates.get(template, {}))
            for one in fillings:
                asked |= self.values.get((one.slot, one.value), {})
            found.append(asked)
        return found


NOTHING = Asks({}, {})


class PromptBook(NamedTuple):
    """Prompts, and what can stand in their slots."""

    name: str  # what a person calls it
    templates: tuple[str, ...]
    slots: dict[str, dict[str, str]]  # of each slot by name: names of its values, and the words for them
    neutral: dict[str, str]  # what stands in a slot that nobody fills; nothing where a slot is not named
    asks: Asks = NOTHING  # what is known of what prompts ask for

    @property
    def names(self) -> tuple[str, ...]:
        """The slots that prompts have, in the order in which they first come."""
        return tuple(dict.fromkeys(name for template in self.templates for name in slots_of(template)))
