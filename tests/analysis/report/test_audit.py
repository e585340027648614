"""Findings in words that anybody reads."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from failscape.analysis.modes.search import find_modes
from failscape.analysis.modes.still_right import StillRight
from failscape.analysis.report.audit import document
from failscape.analysis.report.audit_rendering import write_html, write_pdf
from failscape.analysis.report.audit_wording import Examined, MitigationEffects, between, in_100
from failscape.analysis.report.mode_table import mode_views
from failscape.analysis.statistics.paired_effects import Cost, effect
from tests.support.made_run import CLASSES

HOSTILE = '<script>alert("x")</script> & é “ß” ≥ →'


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0, "none"),
        (0.0001, "fewer than 1 in 1,000"),
        (0.004, "about 4 in 1,000"),
        (0.01, "about 1 in 100"),
        (0.234, "about 23 in 100"),
        (0.999, "all"),
        (float("nan"), "an unknown share"),
    ],
)
def test_rates_in_words(rate: float, words: str) -> None:
    assert in_100(rate) == words


def test_intervals_in_words_promise_no_more_than_they_hold() -> None:
    assert between(0.234, 0.257) == "between 23 and 26 in 100"


@pytest.fixture
def examined(made: Callable[..., Any]) -> Examined:
    run = made(3, 4000)
    modes = find_modes(run.landscape, run.probes, run.items, CLASSES)
    views = mode_views(modes, run.probes, run.items, run.context())
    return Examined(
        HOSTILE,
        "photos",
        "2026-11-21",
        "train.py",
        "dqn",
        run.landscape,
        run.items,
        views,
        CLASSES,
        ["fog"],
        None,
        ["beware"],
    )


def test_the_document_says_what_was_tested_and_what_was_not(examined: Examined) -> None:
    sections = {section.title: section for section in document(examined)}
    assert list(sections)[:3] == ["In short", "What was tested", "How"]
    assert "What was mitigated" not in sections
    missing = " ".join(sections["What was not tested"].points)
    assert "fog" in missing and all(name in missing for name in CLASSES)  # few of each were kept aside
    assert any("beware" in text for text in sections["How far to trust this"].paragraphs)
    assert len(sections["What fails, how often, and how certain that is"].rows) == len(examined.views)


def test_what_only_engineers_read_stands_at_the_end(examined: Examined) -> None:
    *plain, last = document(examined)
    assert last.title == "For engineers"
    said = " ".join(
        text for s in plain for text in [s.title, *s.paragraphs, *s.points, *s.head, *(" ".join(r) for r in s.rows)]
    )
    for term in ("McNemar", "p-value", "cluster", "untouched", "multiplied", "luma", "≤", "×", "−", "To repeat it"):
        assert term not in said
    assert "in dim light, with " in said and "darken = " not in said
    technical = " ".join([*last.paragraphs, *last.points])
    assert "train.py" in technical and "McNemar" in technical
    assert all(view.mode.name in technical for view in examined.views), "the exact rule of each pattern"


def test_what_was_mended_is_told_with_what_it_cost(examined: Examined) -> None:
    before, after = np.arange(200) < 100, np.arange(200) < 20
    better, worse = effect("dark", before, after), effect("turned", after, before)
    cost = Cost("unedited items fail more often", 0.01, 0.09)
    mitigation = MitigationEffects("m", better, better, better, [], [worse], [cost], 40, 3, 900)
    told = next(
        s for s in document(Examined(**{**vars(examined), "mitigation": mitigation})) if s.title == "What was mitigated"
    )
    assert "1 combination that had not been aimed at became worse: turned" in told.paragraphs[1]
    fell = "unedited items fail more often: about 1 in 100 before, now about 9 in 100."
    assert f"More than chance explains, {fell}" in told.paragraphs[1]
    assert told.rows[0] == [
        *("all patterns aimed at", "about 50 in 100", "about 10 in 100"),
        *("40 fewer in 100", "from 47 fewer to 32 fewer"),
    ]


def with_answers(made: Callable[..., Any], examined: Examined, *said: StillRight | None) -> Examined:
    """The same run with its first mode once for each of ``said``, which is what people said of it."""
    run = made(3, 4000)
    modes = [replace(examined.views[0].mode, still_right=found) for found in said]
    return replace(examined, views=mode_views(modes, run.probes, run.items, run.context()))


def trust(examined: Examined) -> str:
    return " ".join(next(s for s in document(examined) if s.title == "How far to trust this").paragraphs)


def test_that_nobody_was_asked_is_said_once(examined: Examined, made: Callable[..., Any]) -> None:
    unasked = with_answers(made, examined, None, None, None)
    whole = " ".join(" ".join(section.paragraphs) for section in document(unasked))
    assert whole.count("Nobody was asked whether people would still call the altered items the same.") == 1
    assert "looked at" not in whole and "would no longer call" not in whole


def test_what_people_said_is_told_with_its_pattern_and_no_more(examined: Examined, made: Callable[..., Any]) -> None:
    kept = StillRight(2, 14, 13, 1, 14, False, 0.0)
    asked = with_answers(made, examined, kept, None)
    first, second = (" ".join(s.paragraphs) for s in document(asked) if s.level == 3)
    assert "Two people looked at 14 groups of items under this rule and would still call them the same in 13." in first
    assert "alpha" not in first and "may change the right answer" not in first and "looked at" not in second
    assert "Of pattern 2 nobody was asked whether people would still call the altered items the same." in trust(asked)
    doubted = with_answers(made, examined, StillRight(2, 3, 0, 3, 3, True, float("nan")), kept)
    told = " ".join(next(s for s in document(doubted) if s.level == 3).paragraphs)
    assert "People would no longer call these items by their class: the alteration may change the right answer." in told
    assert "asked whether" not in trust(doubted)


def test_pages_hold_any_text(examined: Examined, tmp_path: Path) -> None:
    sections = document(examined)
    write_html(tmp_path / "audit.html", HOSTILE, sections)
    page = (tmp_path / "audit.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page
    write_pdf(tmp_path / "audit.pdf", HOSTILE, sections)
    paper = (tmp_path / "audit.pdf").read_bytes()
    assert paper.startswith(b"%PDF") and paper.count(b"/Subtype /Image") > 0
