"""Text edits by name."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.casing import LowerCase
from failscape.concepts.text.characters import (
    DeleteCharacters,
    FlipCase,
    InsertCharacters,
    RepeatCharacters,
    ReplaceCharacters,
    SwapCharacters,
)
from failscape.concepts.text.distractor import Distractor
from failscape.concepts.text.drops import DropAdjective, DropNoun, DropVerb
from failscape.concepts.text.entities import EntitySwap
from failscape.concepts.text.look_alikes import LookAlikes
from failscape.concepts.text.misspellings import Misspellings
from failscape.concepts.text.negation import Negate
from failscape.concepts.text.noise_lines import NoiseLines
from failscape.concepts.text.numbers import NumberSwap
from failscape.concepts.text.plural import SingularPlural
from failscape.concepts.text.punctuation import RemovePunctuation
from failscape.concepts.text.sentences import ShuffleSentences
from failscape.concepts.text.stop_words import DropStopWords
from failscape.concepts.text.synonyms import Synonyms
from failscape.concepts.text.tense import VerbTense
from failscape.concepts.text.truncation import Truncation
from failscape.concepts.text.words import DeleteWords, RepeatWords, WordOrder

TEXT_CONCEPTS: dict[str, type[TextConcept]] = {
    concept.name: concept
    for concept in (
        *(DeleteCharacters, InsertCharacters, SwapCharacters, RepeatCharacters, ReplaceCharacters, FlipCase),
        *(LowerCase, RemovePunctuation, LookAlikes, NoiseLines),
        *(DeleteWords, RepeatWords, WordOrder, ShuffleSentences),
        *(DropStopWords, Misspellings, SingularPlural, VerbTense, Negate, Synonyms),
        *(NumberSwap, EntitySwap, Distractor, Truncation),
        *(DropNoun, DropVerb, DropAdjective),
    )
}

# The sixteen edits of FSRL's macroscopic summarization task (arXiv 2406.07145), in the order of its actions.
FSRL_EDITS = (
    *("drop-stop-words", "remove-punctuation", "lower-case", "negate", "delete-characters", "insert-characters"),
    *("flip-case", "misspellings", "repeat-characters", "replace-characters", "swap-characters", "delete-words"),
    *("word-order", "repeat-words", "singular-plural", "verb-tense"),
)

# Those whose strength is a share, so that one grid can hold them.
SHARE_EDITS = tuple(name for name, concept in TEXT_CONCEPTS.items() if not concept.unit)

# Of those, the ones that know no language.
ANY_LANGUAGE_EDITS = tuple(name for name in SHARE_EDITS if not TEXT_CONCEPTS[name].needs_english)

# One of each sort, for grids of pairs.
PAIRED_EDITS = (
    *("misspellings", "swap-characters", "flip-case", "remove-punctuation"),
    *("delete-words", "negate", "synonyms", "noise-lines"),
)
