"""What stands in a slot of a prompt: made by concepts, read by data and scorers."""

from __future__ import annotations

from typing import NamedTuple


class Filling(NamedTuple):
    """What stands in a slot."""

    slot: str
    value: str  # its name, by which one knows what the prompt asks for
    words: str
