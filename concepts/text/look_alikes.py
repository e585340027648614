"""Letters of other alphabets that look like ours."""

from __future__ import annotations

from failscape.concepts.text.characters import CharacterEdit

# From Unicode's confusables (UTS 39): Cyrillic, and Greek where Cyrillic has none. Eyes see no difference.
LOOK_ALIKES = dict(
    zip(
        "acdehijlopqsuvwxyABCEFGHIJKMNOPSTXYZ",
        "асԁеһіјӏорԛѕυνԝхуАВСЕϜԌНІЈКМΝОРЅТХҮΖ",
        strict=True,
    )
)


class LookAlikes(CharacterEdit):
    """Share of the letters that have a double in Cyrillic or Greek, replaced by it: ``a`` by ``а``."""

    name = "look-alikes"
    default_levels = (0.05, 0.1, 0.25, 0.5)

    def knows(self, character: str) -> bool:
        """Whether it has a double."""
        return character in LOOK_ALIKES

    def write(self, character: str, draw: int) -> str:
        """Its double."""
        return LOOK_ALIKES[character]
