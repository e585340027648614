"""Wrong numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from failscape.concepts.text.quantities import other_value, quantities, with_values
from failscape.concepts.text.swaps import Swap


class NumberSwap(Swap):
    """Share of the different numbers replaced by others of as many digits, each wherever it stands.

    ``five`` moves with ``5`` and ``1,000.50`` with ``1000.5``, figures to figures and words to words. A replacement is
    none of the numbers of the article or the reference; years stay in their century, and before 2030. Times, dates,
    scores, fractions, addresses of the web, 0 and 1 are left alone, and so is a number that also stands in one of
    these.
    """

    name = "number-swap"

    def things(self, article: str, reference: str) -> list[str]:
        """The values that can be written anew wherever they stand."""
        fixed = {number.value for text in (article, reference) for number in quantities(text) if not number.free}
        return [value for value in dict.fromkeys(n.value for n in quantities(article)) if value not in fixed]

    def other(self, thing: str, draw: int) -> str:
        """A value of as many digits."""
        return other_value(thing, draw)

    def is_new(self, other: str, taken: set[str], texts: str) -> bool:
        """Whether neither text has the value, and nothing else was replaced by it."""
        return other not in taken and all(number.value != other for number in quantities(texts))

    def rewritten(self, text: str, others: Mapping[str, str]) -> str:
        """The text with other values."""
        return with_values(text, others)

    def facts(self, text: str) -> Counter[str]:
        """The values of a text."""
        return Counter(number.value for number in quantities(text))
