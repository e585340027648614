"""Paper: heights that are told are those that are printed, and a page begins only where a block does not fit."""

from collections.abc import Iterator
from typing import Any

import pytest

from failscape.analysis.paper import Paper

TEXT = "Of 52 pictures kept aside, about 48 in 100 are answered wrongly here, and none of the same ones unaltered. " * 3


@pytest.fixture
def paper() -> Iterator[Paper]:
    made = Paper()
    made.add_page()
    yield made
    fonts: Any = made.fonts.values()
    for font in fonts:
        font.ttfont.close()


def test_a_page_begins_only_where_a_block_does_not_fit(paper: Paper) -> None:
    paper.set_y(100)
    paper.keep_together(150)
    assert paper.page_no() == 1 and paper.get_y() == 100
    paper.keep_together(200)
    assert paper.page_no() == 2
    paper.keep_together(500)
    assert paper.page_no() == 2, "what fits on no page leaves none empty"


def test_heights_are_those_that_are_printed(paper: Paper) -> None:
    for told, printing in (
        (paper.heading_height(TEXT, 12), lambda: paper.heading(TEXT, 12)),
        (paper.paragraph_height(TEXT), lambda: paper.paragraph(TEXT)),
    ):
        before = paper.get_y()
        printing()
        assert abs(paper.get_y() - before - told) < 0.01
