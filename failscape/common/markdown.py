"""Text of others inside of Markdown. Imports nothing of ours but its neighbour."""

from __future__ import annotations

import re

from failscape.common.visible import visible

_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;"}
_LIST = r"^[-+](?=\s|-*$)|^\d+(?=[.)](?:\s|$))"  # what begins one, or draws a rule
_MARKS = re.compile(rf"{_LIST}|(?<!&)[\\`*_\[\]#]")


def literal(text: str) -> str:
    """One line whose signs neither Markdown, nor a table in it, nor HTML takes for its own; words stay as they are."""
    text = re.sub(r"[&<>|~]", lambda sign: _SIGNS[sign[0]], visible(text))
    return _MARKS.sub(lambda mark: f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}", text)
