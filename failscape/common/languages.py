"""In which language a text is written, and by which signs.

The language comes from py3langid, whose model lies in its package as plain arrays; what it is not sure of (a few words)
has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

# Signs of scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, kana, Han.
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
SPACELESS_SIGN = re.compile(f"[{SPACELESS}]")
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b6-\u17d3\u3099\u309a\u30fc"
# A word with the marks that cling to it; in scripts without blanks a sign with its vowels, accents and full stops.
CHUNK = re.compile(rf"[{SPACELESS}][{_MARKS}]*[、。，！？；：」』）]*|[^\s{SPACELESS}]+")

ENGLISH = "en"
_SURE, _HARDLY = 0.35, 0.02  # probability from which a language is believed, and below which English is not
_LOOK = 1000  # characters of a text that are looked at
_NAMES = {
    **{"ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek"},
    **{"en": "English", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew"},
    **{"hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean"},
    **{"nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian"},
    **{"sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese"},
}


@lru_cache(2**12)
def language_of(text: str) -> str:
    """The language's code of ISO 639 (``en``, ``de``); empty where it is not clear, as of a few words."""
    if not any(sign.isalpha() for sign in text):
        return ""
    ranked = _identifier().rank(text[:_LOOK])
    (code, probability), english = ranked[0], dict(ranked)[ENGLISH]
    return str(code) if probability >= _SURE and (code == ENGLISH or english < _HARDLY) else ""


def language_name(code: str) -> str:
    """``German``; the code where it has no name here."""
    return _NAMES.get(code, f"of the language {code}")


def spaceless(texts: Iterable[str]) -> float:
    """Share of the letters of texts that belong to scripts without blanks between words; 0 without letters."""
    letters = [sign for text in texts for sign in text if sign.isalpha()]
    return sum(SPACELESS_SIGN.match(sign) is not None for sign in letters) / max(1, len(letters))


def caseless(texts: Iterable[str]) -> float:
    """Share of the letters of texts that have no capitals; 0 without letters."""
    letters = [sign for text in texts for sign in text if sign.isalpha()]
    return sum(sign.lower() == sign.upper() for sign in letters) / max(1, len(letters))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # a second

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
