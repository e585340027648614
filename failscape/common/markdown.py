"""Text of others inside of Markdown. Imports nothing of ours but its neighbour."""

from __future__ import annotations

import re

from failscape.common.visible import visible

_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"}


def literal(text: str) -> str:
    """One line whose signs neither Markdown, nor a table in it, nor HTML takes for its own."""
    text = re.sub(r"[&<>|~]", lambda sign: _SIGNS[sign[0]], visible(text))
    text = re.sub(r"(?<!&)([\\`*_{}\[\]()#!])", r"\\\1", text)
    return re.sub(r"^(\s*\d*)([-+.])(?=\s|-*$)", r"\1\\\2", text)  # what begins a list or draws a rule
