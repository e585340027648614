"""Counts, changes and intervals as a person reads them."""

import re
from pathlib import Path

import pytest

from failscape.common.format import counted, signed

ROOT = Path(__file__).parents[2]


def test_one_thing_is_told_in_the_singular() -> None:
    assert [counted(n, "rater") for n in (0, 1, 2000)] == ["0 raters", "1 rater", "2,000 raters"]
    assert counted(1, "query", "queries") == "1 query" and counted(3, "query", "queries") == "3 queries"


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert [signed(x) for x in (1.26, -0.3, -0.01, 0.0)] == ["+1.3", "-0.3", "0.0", "0.0"]
    assert signed(-0.4, 0) == "0" and signed(12, 0) == "+12"


@pytest.mark.parametrize("folder", ["failscape/terminal", "failscape/commands"])
def test_the_terminal_counts_by_the_helper(folder: str) -> None:
    """A bare count before a plural reads ``1 raters`` where there is one."""
    bare = re.compile(r"\{(?:len\([^{}]*\)|n_\w+|[\w.\[\]']+\.nunique\(\))(?::,)?\} (?!of|fail)\w+s\b")
    found = {path.name: bare.findall(path.read_text()) for path in (ROOT / folder).glob("*.py")}
    assert not any(found.values()), found
