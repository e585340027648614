"""Edited sentences that a person has read: whether each is what its edit's page says, in English that people write.

An output that changes needs a new verdict: read it, and write it into the fixture with why it is acceptable or not.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from failscape.concepts.text import TEXT_CONCEPTS

READ = Path(__file__).resolve().parents[2] / "fixtures" / "edited_sentences.jsonl"
ROWS = [json.loads(line) for line in READ.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", TEXT_CONCEPTS)
def test_sentences_are_edited_as_they_were_read(name: str) -> None:
    rows = [row for row in ROWS if row["edit"] == name]
    before = np.array([[row["before"], ""] for row in rows], object)
    strengths, seeds = (np.array([row[key] for row in rows]) for key in ("strength", "seed"))
    edited = TEXT_CONCEPTS[name]().apply(before, strengths.astype(float), seeds)
    for row, after in zip(rows, edited[:, 0], strict=True):
        assert after == row["after"], f"{name} edits {row['before']!r} otherwise now: read it and give a new verdict"


def test_enough_was_read_and_most_is_acceptable() -> None:
    read = Counter(row["edit"] for row in ROWS)
    good = Counter(row["edit"] for row in ROWS if row["verdict"] == "acceptable")
    assert {row["verdict"] for row in ROWS} <= {"acceptable", "unacceptable"} and all(row["why"] for row in ROWS)
    assert len(ROWS) >= 220 and min(read[name] for name in TEXT_CONCEPTS) >= 8
    assert good.total() / len(ROWS) >= 0.95 and min(good[name] / read[name] for name in TEXT_CONCEPTS) >= 0.8
