"""Wrong numbers."""

from __future__ import annotations

import re

from failscape.concepts.text.swaps import Swap

# Amounts, shares and years; times, ranges and scores (10:42, 5-10) are left alone.
NUMBER = re.compile(r"(?<!\w)(?<!\w[.,:-])\d+(?:[.,]\d+)*(?!\w)(?![.,:-]\d)")
YEAR = re.compile(r"(?:1[6-9]|20)\d\d")


class NumberSwap(Swap):
    """Share of the different numbers in figures replaced by others of as many digits, each wherever it stands.

    A replacement is none of the numbers of the article or the reference; years stay in their century, and before 2030.
    """

    name = "number-swap"

    def things(self, text: str) -> list[str]:
        """The numbers."""
        return list(dict.fromkeys(NUMBER.findall(text)))

    def other(self, thing: str, draw: int) -> str:
        """A number of as many digits, with the same marks between them."""
        if YEAR.fullmatch(thing):
            return f"{thing[:2]}{draw % (30 if thing[:2] == '20' else 100):02}"
        written = ""
        for character in thing:
            lowest = 1 if not written and character != "0" else 0  # no new number begins with 0
            draw, digit = divmod(draw, 10 - lowest)
            written += str(lowest + digit) if character.isdigit() else character
        return written
