"""What our objects show of themselves in a notebook: small HTML of a heading, lines and tables.

No scripts, colours or addresses: a light notebook lends it its look, and a dark one does, too. Names may hold anything.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from failscape.common.format import percent
from failscape.common.visible import visible


def fragment(title: str, *parts: str) -> str:
    """A heading with what stands below it: parts that :func:`line` and :func:`table` made."""
    return f"<div><p><strong>{_escaped(title)}</strong></p>{''.join(parts)}</div>"


def line(text: str) -> str:
    """A paragraph."""
    return f"<p>{_escaped(text)}</p>"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], left: str) -> str:
    """A table; the column ``left`` says what a row is of, the others hold figures and are set to the right."""
    sides = ["left" if head == left else "right" for head in heads]
    body = "".join(_row("td", row, sides) for row in rows)
    return f"<table><thead>{_row('th', heads, sides)}</thead><tbody>{body}</tbody></table>"


def failing(rate: float, unedited: float, *, edited: bool) -> str:
    """How many fail, in a sentence.

    Args:
        rate: of failures.
        unedited: the same of unedited items; NaN where that is not known.
        edited: whether items are edited, and not only chosen.
    """
    beside = "" if np.isnan(unedited) else f"; unedited, {percent(unedited)} do"
    return f"{percent(rate)} of {'edited ' if edited else ''}items fail{beside}"


def _row(tag: str, cells: Sequence[str], sides: Sequence[str]) -> str:
    filled = zip(cells, sides, strict=True)
    made = [f'<{tag} style="text-align: {side}">{_escaped(cell)}</{tag}>' for cell, side in filled]
    return f"<tr>{''.join(made)}</tr>"


def _escaped(text: str) -> str:
    return html.escape(visible(text))
