"""What usually stands in slots of some names: counts, colours, relations, negation.

Their words go before or between nouns: ``{count} dogs``, ``a {color} car``, ``a dog {relation} a car``, ``a street
{negation} people``.
"""

from __future__ import annotations

from collections.abc import Mapping

from failscape.data.prompts.geneval import COLOURS

USUAL: Mapping[str, Mapping[str, str]] = {
    "count": {word: word for word in ("two", "three", "four", "five")},
    "color": {word: word for word in COLOURS},
    "relation": {
        "left of": "to the left of",
        "right of": "to the right of",
        "above": "above",
        "below": "below",
    },
    "negation": {"with": "with", "without": "without"},
}
