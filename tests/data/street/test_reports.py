"""Incident reports: a summary follows from the facts, and the report tells all of them."""

import dataclasses
import re

import numpy as np
import pytest

from failscape.concepts.text import TEXT_CONCEPTS
from failscape.data import open_texts
from failscape.data.street.incident_text import ASIDES, LEADS, WORDS, report
from failscape.data.street.incidents import KINDS, draw_incident, summary
from failscape.data.street.report_gaps import GAPS, TRAINED_EDITS
from failscape.data.street.reports import ReportSource


def drawn(n: int = 300) -> list[tuple]:
    rngs = [np.random.default_rng((7, i)) for i in range(n)]
    incidents = [draw_incident(rng) for rng in rngs]
    return [(incident, report(incident, rng)) for incident, rng in zip(incidents, rngs, strict=True)]


def test_every_fact_of_the_summary_is_in_the_report() -> None:
    for incident, text in drawn():
        for fact in (incident.street, incident.district, incident.day, incident.time):
            assert fact in text, (fact, text)
        if incident.injured:
            told = rf"(^|\W)({incident.injured}|{WORDS[incident.injured]}) (person was|people were)"
            assert re.search(told, text, re.IGNORECASE), text
        if incident.caller:
            assert incident.caller in text
        else:
            assert "alarm raised" not in summary(incident)


def test_the_summary_says_each_fact_and_nothing_else() -> None:
    incident = next(
        one for one, _ in drawn() if one.kind == "collision" and one.caller and one.injured > 1 and one.hours
    )
    assert summary(incident) == (
        f"A {incident.vehicle} hit a {incident.other} on {incident.street} in {incident.district} on {incident.day}, "
        f"{incident.injured} people injured, road closed for {incident.hours} hours, alarm raised by {incident.caller}."
    )
    calm = dataclasses.replace(incident, injured=0, hours=0, caller=None)
    assert summary(calm).endswith("nobody hurt, road open.")
    assert "1 person injured" in summary(dataclasses.replace(incident, injured=1))


def test_equal_facts_have_one_summary_and_many_reports() -> None:
    incident, _ = drawn(1)[0]
    told = {report(incident, np.random.default_rng(i)) for i in range(20)}
    assert len(told) == 20


def test_no_template_leaves_a_gap_open() -> None:
    text = " ".join(text for _, text in drawn())
    assert not re.search(r"[{}]", text) and " a a" not in text
    assert set(LEADS) == set(KINDS) and len(set(ASIDES)) == len(ASIDES)


def test_a_source_is_a_function_of_its_seed() -> None:
    few, many, other = ReportSource(5, 3), ReportSource(9, 3), ReportSource(5, 4)
    assert [few.load(i) for i in range(5)] == [many.load(i) for i in range(5)]
    assert few.load(0) != other.load(0)
    assert len(set(many.names)) == 9 and few.group_names == KINDS
    labels = ReportSource(400).labels
    assert np.bincount(labels, minlength=len(KINDS)).min() > 20
    source = open_texts("reports:?n=4&seed=3")
    assert [source.load(i) for i in range(4)] == [few.load(i) for i in range(4)]


def test_gaps_are_edits_that_were_not_trained() -> None:
    left_out = {name for names in GAPS.values() for name in names}
    assert left_out <= set(TEXT_CONCEPTS) and set(TRAINED_EDITS) <= set(TEXT_CONCEPTS)
    assert not left_out & set(TRAINED_EDITS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_and_summed_up(kind: str) -> None:
    incident = dataclasses.replace(drawn(1)[0][0], kind=kind)
    first = report(incident, np.random.default_rng(0)).split(".")[0]
    assert incident.street in first and summary(incident)[0].isupper()
