r"""Text of others, such as names of classes and files, so that it can be shown: nothing in it commands a terminal.

Escape sequences, line ends inside of names, and the signs that turn the direction of a line around are written out, as
``\x1b``, ``\n`` and ``\u202e``. Letters, in whatever script, stay as they are. Imports nothing of ours.
"""

from __future__ import annotations

import re

# Control signs, ends of lines and paragraphs, embeddings, overrides and isolates of direction, half a surrogate pair.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb"
_IN_LINES = re.compile(f"[{_UNSEEN}]")
_IN_TEXTS = re.compile(rf"(?![\n\t])[{_UNSEEN}]")
_ALONE = re.compile(r"[\ud800-\udfff]")


def visible(line: str) -> str:
    """One line: a line end in it is written out, too."""
    return _IN_LINES.sub(_written, line)


def visible_text(text: str) -> str:
    """Text of several lines, whose line ends and tabs stay."""
    return _IN_TEXTS.sub(_written, text)


def well_formed(name: str) -> str:
    r"""A name that every file, database and page can hold: bytes of a file name that are not UTF-8 as ``\xe9``."""
    return _ALONE.sub(_written, name)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # where Python keeps such a byte
        return f"\\x{code - 0xDC00:02x}"
    return found[0].encode("unicode_escape").decode()
