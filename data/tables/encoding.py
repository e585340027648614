"""In which encoding a text file is written."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import TextIO

from failscape.common.safe_open import Irregular, regular
from failscape.data.base import Unreadable

UTF_8, UTF_16, WINDOWS = "utf-8-sig", "utf-16", "cp1252"

ARTICLE = 2**24  # bytes of a file that is one text
TABLE = 2**32

_HEAD = 8192  # bytes that tell text from other files
_CHUNK = 1 << 20  # characters read at a time
_BAD_BYTE = re.compile(r"[\udc80-\udcff]")  # what surrogateescape makes of a byte that is no UTF-8
_CONTROL = bytes({*range(9), *range(14, 27), *range(28, 32)})  # not blanks, nor the escape of terminals
_FEW, _SHARE = 4, 0.03  # control bytes that a text may have


def text_encoding(path: Path, at_most: int) -> str:
    """``utf-8-sig`` (a mark is optional), ``utf-16`` (by its mark) or ``cp1252``; to be read as ``open_text`` does.

    A file with more valid than invalid UTF-8 beyond ASCII is damaged UTF-8; one with more invalid is Windows-1252,
    which has Latin-1 within it.

    Args:
        path: of the file.
        at_most: its size [bytes], such as ``ARTICLE`` or ``TABLE``.

    Raises:
        Unreadable: ``empty``, ``not text``, ``too large``, ``a pipe, not a file``, or what the system says about it.
    """
    try:
        with regular(path, at_most).open("rb") as file:
            head = file.read(_HEAD)
        utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if not utf_16 and _is_binary(head):
            raise Unreadable("not text")
        encoding = UTF_16 if utf_16 else _utf_8_or_windows(path)
        if _is_blank(path, encoding):
            raise Unreadable("empty")
        return encoding
    except Irregular as error:
        raise Unreadable(error.reason) from None
    except OSError as error:
        raise Unreadable((error.strerror or type(error).__name__).lower()) from None


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


def _utf_8_or_windows(path: Path) -> str:
    valid = invalid = 0
    with open_text(path, UTF_8) as file:
        for chunk in iter(lambda: file.read(_CHUNK), ""):
            if chunk.count("\0") > max(_FEW, len(chunk) // 2):  # a hole in the file, which would be one endless line
                raise Unreadable("not text")
            if not chunk.isascii():
                bad = len(_BAD_BYTE.findall(chunk))
                invalid += bad
                valid += len(chunk) - len(chunk.encode("ascii", "ignore")) - bad
    return WINDOWS if invalid > valid else UTF_8
