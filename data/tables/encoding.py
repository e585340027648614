"""In which encoding a text file is written."""

from __future__ import annotations

import codecs
import re
import unicodedata
from encodings.aliases import aliases
from pathlib import Path
from typing import TextIO

from failscape.common.safe_open import Irregular, regular
from failscape.data.base import Unreadable
from failscape.errors import UsageError, did_you_mean

UTF_8, UTF_16, WINDOWS = "utf-8-sig", "utf-16", "cp1252"

ARTICLE = 2**24  # bytes of a file that is one text
TABLE = 2**32

_HEAD = 8192  # bytes that tell text from other files
_CHUNK = 1 << 20  # characters read at a time
_BAD_BYTE = re.compile(r"[\udc80-\udcff]")  # what surrogateescape makes of a byte that is no UTF-8
_CONTROL = bytes({*range(9), *range(14, 27), *range(28, 32)})  # not blanks, nor the escape of terminals
_SAMPLE = 1 << 16  # bytes by which an older encoding is found
_OTHER_WORDS = 0.3  # share of words that are not Latin from which an encoding is believed
_MIXED_WORDS = 0.1  # share of these words that may have Latin letters, too
_WORD = re.compile(r"[^\W\d_]+")
_FEW, _SHARE = 4, 0.03  # control bytes that a text may have


def text_encoding(path: Path, at_most: int, named: str = "") -> str:
    """``utf-8-sig`` (a mark is optional), ``utf-16`` (by its mark), or another one; to be read as ``open_text`` does.

    A file with more valid than invalid UTF-8 beyond ASCII is damaged UTF-8. One with more invalid is in the encoding
    that charset-normalizer finds where that makes it Cyrillic, Greek, Chinese and the like, and Windows-1252 else,
    which has Latin-1 within it: those of Latin letters cannot be told apart.

    Args:
        path: of the file.
        at_most: its size [bytes], such as ``ARTICLE`` or ``TABLE``.
        named: the encoding, where the user says it.

    Raises:
        UsageError: there is no such encoding.
        Unreadable: ``empty``, ``not text``, ``too large``, ``a pipe, not a file``, or what the system says about it.
    """
    try:
        with regular(path, at_most).open("rb") as file:
            head = file.read(_HEAD)
        utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if not utf_16 and _is_binary(head):
            raise Unreadable("not text")
        encoding = known_encoding(named) if named else UTF_16 if utf_16 else _utf_8_or_older(path)
        if _is_blank(path, encoding):
            raise Unreadable("empty")
        return encoding
    except Irregular as error:
        raise Unreadable(error.reason) from None
    except OSError as error:
        raise Unreadable((error.strerror or type(error).__name__).lower()) from None


def known_encoding(name: str) -> str:
    """An encoding as Python calls it.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        guess = did_you_mean(name, sorted({*aliases.values()}))
        raise UsageError(f"no encoding of texts is called {name!r}{guess}") from None


def not_utf_8(encoding: str, named: str = "") -> str:
    """What the user is told of a file in such an encoding; nothing where it is UTF-8 or was named."""
    if named or encoding in {UTF_8, UTF_16}:
        return ""
    return f"not UTF-8; read as {'Windows-1252' if encoding == WINDOWS else encoding} (?encoding= names another)"


def open_text(path: Path, encoding: str, newline: str | None = None) -> TextIO:
    """The file opened for reading; a byte that the encoding has not becomes a surrogate, which ``clean`` refuses."""
    wrong = "replace" if encoding == UTF_16 else "surrogateescape"
    return path.open(encoding=encoding, errors=wrong, newline=newline)


def _is_blank(path: Path, encoding: str) -> bool:
    with open_text(path, encoding) as file:
        return not any(chunk.strip() for chunk in iter(lambda: file.read(_CHUNK), ""))


def _is_binary(head: bytes) -> bool:
    """A text may have a few stray control bytes in its rows; a tenth of what is compressed are such bytes."""
    strays = len(head) - len(head.translate(None, _CONTROL))
    return strays > max(_FEW, _SHARE * len(head))


def _utf_8_or_older(path: Path) -> str:
    valid = invalid = 0
    with open_text(path, UTF_8) as file:
        for chunk in iter(lambda: file.read(_CHUNK), ""):
            if chunk.count("\0") > max(_FEW, len(chunk) // 2):  # a hole in the file, which would be one endless line
                raise Unreadable("not text")
            if not chunk.isascii():
                bad = len(_BAD_BYTE.findall(chunk))
                invalid += bad
                valid += len(chunk) - len(chunk.encode("ascii", "ignore")) - bad
    return _older(path) if invalid > valid else UTF_8


def _older(path: Path) -> str:
    """The encoding of a file that is not UTF-8."""
    from charset_normalizer import from_bytes

    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    whole_lines = sample.rfind(b"\n") + 1 if len(sample) == _SAMPLE else 0
    found = from_bytes(sample[: whole_lines or None]).best()
    return found.encoding if found and _is_of_other_letters(str(found)) else WINDOWS


def _is_of_other_letters(text: str) -> bool:
    """Whether a text is Cyrillic, Chinese or the like: many of its letters are, and hardly any word has both sorts."""
    words = [{unicodedata.name(sign, "LATIN").startswith("LATIN") for sign in word} for word in _WORD.findall(text)]
    other = sum(kinds != {True} for kinds in words)
    return other > _OTHER_WORDS * len(words) and sum(len(kinds) > 1 for kinds in words) < _MIXED_WORDS * other
