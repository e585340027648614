"""Words for a terminal, where whatever an item holds is text, and for Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

WIDTH = 110  # letters of a line in a terminal


def wrapped(lines: Sequence[str]) -> list[str]:
    """The lines, folded at the width of a terminal, without signs that would command it."""
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False)
    return [folded for line in lines for folded in wrap.wrap(printable(line))]


def printable(text: str) -> str:
    """Without signs that would command a terminal; white space becomes spaces."""
    return "".join(
        sign if sign.isprintable() else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def escaped(text: str) -> str:
    """Signs that Markdown or HTML would take for its own, as such."""
    signs = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"}
    text = re.sub(r"[&<>|~]", lambda sign: signs[sign[0]], text)
    return re.sub(r"(?<!&)([\\`*_{}\[\]()#+!-])", r"\\\1", text)
