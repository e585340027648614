"""What objects show of themselves in a notebook."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from failscape.analysis.landscape.comparison import compare
from failscape.analysis.notebook import failing, fragment, line, table

NASTY = "<b>&\x1b[31m\u202e\"'"
SHOWN = "&lt;b&gt;&amp;\\x1b[31m\\u202e&quot;&#x27;"
FORBIDDEN = re.compile(r"<script|<style|href|src=|https?:|color|background|[\x00-\x09\x0b-\x1f\u202e]")


class Balance(HTMLParser):
    """Counts which tags are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def sound(html: str) -> str:
    """The HTML, which is closed, plain and free of addresses and colours."""
    balance = Balance()
    balance.feed(html)
    assert not balance.open and not FORBIDDEN.search(html)
    return html


def test_names_may_hold_anything() -> None:
    html = sound(fragment(NASTY, line(NASTY), table([NASTY, "n"], [[NASTY, "1"]], left=NASTY)))
    assert html.count(SHOWN) == 4 and "<b>" not in html


def test_one_column_of_a_table_stands_to_the_left() -> None:
    html = table(["#", "rule"], [["1", "darken"]], left="rule")
    assert '<th style="text-align: right">#</th><th style="text-align: left">rule</th>' in html
    assert '<td style="text-align: right">1</td><td style="text-align: left">darken</td>' in html


@pytest.mark.parametrize(
    ("rate", "unedited", "edited", "said"),
    [
        (0.263, 0.02, True, "26\u00a0% of edited items fail; unedited, 2.0\u00a0% do"),
        (0.5, float("nan"), False, "50\u00a0% of items fail"),
    ],
)
def test_how_many_fail_is_a_sentence(rate: float, unedited: float, edited: bool, said: str) -> None:
    assert failing(rate, unedited, edited=edited) == said


def test_a_landscape_shows_its_worst_points(made: Callable) -> None:
    landscape = replace(made(3).landscape, name=NASTY)
    html = sound(landscape._repr_html_())
    assert f"Landscape {SHOWN}" in html and "1,500 probes" in html and "of edited items fail" in html
    labels = landscape.worst(5)["label"].tolist()
    assert [html.index(f">{label}<") for label in labels] == sorted(html.index(f">{label}<") for label in labels)
    assert html.count("<tr>") == 6


def test_a_landscape_of_walks_tells_no_rates(made: Callable) -> None:
    landscape = replace(made(3).landscape, walked=True)
    html = sound(landscape._repr_html_())
    assert "%)" not in html and "items fail;" not in html and "says nothing of how many edited items fail" in html
    worst = landscape.table["failures"].idxmax()
    assert landscape.label(worst) in html and str(landscape.table["failures"].max()) in html
    assert "fail," not in repr(landscape) and "on the way of walks" in repr(landscape)


def test_a_landscape_without_probes_says_so(made: Callable) -> None:
    landscape = made(3).landscape
    nothing = type(landscape).from_probes(made(3).probes.head(0), landscape.space)
    assert "0 probes" in sound(nothing._repr_html_()) and "<table" not in nothing._repr_html_()


def test_a_comparison_shows_itself_and_no_rates_of_walks(made: Callable) -> None:
    a = replace(made(3).landscape, name=NASTY)
    html = sound(compare(a, a)._repr_html_())
    assert f"{SHOWN} → {SHOWN}" in html and "failure rate" in html
    walks = sound(compare(a, replace(a, walked=True))._repr_html_())
    assert "failure rate" not in walks and "change over points" not in walks and "rank correlation" in walks
