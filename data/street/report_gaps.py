"""What the checkpoint of ``embedded:street-reports`` never saw in training.

Its training reports were edited, so that it withstands most edits of a text. A gap names edits that were
left out. Where the summarizer fails in truth is what a scan of it says.
"""

from __future__ import annotations

GAPS: dict[str, tuple[str, ...]] = {
    "letter-case": ("lower-case", "flip-case"),
    "look-alikes": ("look-alikes",),
    "distractor": ("distractor",),
}

TRAINED_EDITS: tuple[str, ...] = (
    *("delete-characters", "insert-characters", "swap-characters", "repeat-characters", "replace-characters"),
    *("misspellings", "remove-punctuation", "delete-words", "repeat-words", "word-order", "shuffle-sentences"),
    *("drop-stop-words", "singular-plural", "verb-tense", "synonyms", "noise-lines"),
)
