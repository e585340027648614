"""Words for a terminal, where whatever an item holds is text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from failscape.common.visible import visible

WIDTH = 110  # letters of a line in a terminal


def wrapped(lines: Sequence[str]) -> list[str]:
    """The lines, folded at the width of a terminal, without signs that would command it."""
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False)
    return [folded for line in lines for folded in wrap.wrap(visible(re.sub(r"\s", " ", line)))]
