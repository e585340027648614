"""What people said of pictures, judged by GenEval's rules and by what stands in the table."""

import csv

import numpy as np
import pytest

from benchmarks.geneval_people import CONTAINS, ONLY, agreement, is_correct, read_people
from failscape.data.prompts.geneval import by_prompt, read_geneval

SAID = {"left of": "left", "right of": "right", "above": "above", "below": "below"}


def correct_by_table(row, rule, colours):
    """The same without boxes."""
    for place, clause in enumerate(rule.include):
        told = set(row[f"color-{place}"].split("|"))
        right = {CONTAINS: clause.colour in told, ONLY: {clause.colour} == told}[colours]
        if float(row[f"count-{place}"]) < clause.count or (clause.colour and not right):
            return False
        if clause.relation and SAID[clause.relation.direction] not in (row["position-x"], row["position-y"]):
            return False
    return not any(float(row["count-0"]) >= clause.count for clause in rule.exclude)


@pytest.mark.parametrize("system", ["sdv2", "clip"])
def test_answers_are_judged_as_they_stand_in_the_table(real_data, system):
    folder = real_data / "answers"
    rules = by_prompt(read_geneval(folder / "geneval_metadata.jsonl"))
    path = folder / f"geneval_people_{system}.csv"
    pictures = read_people(path, rules)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * len(pictures) == 2000
    answers = [(picture.rule, answer) for picture in pictures for answer in picture.answers]
    for row, (rule, answer) in zip(rows, answers, strict=True):  # the five answers stand together
        for colours in (CONTAINS, ONLY):
            assert is_correct(rule, answer, colours) == correct_by_table(row, rule, colours), row


def test_agreement_counts_two_against_two_as_half():
    # All agree; one of five differs: he has four against him, each other has three of four with him.
    # Two of five differ: each of the two has one of four with him, each of the three sees two against two.
    verdicts = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]], bool)
    found = agreement(verdicts, ["a", "a", "b"])
    assert found.rate == pytest.approx((5 + 4 + 3 * 0.5) / 15)
    assert found.ties == pytest.approx(3 / 15) and found.without_ties == pytest.approx(9 / 12)
    assert found.correct == 1.0 and found.hits == pytest.approx(9 / 12)
    assert np.isnan(found.false_alarms)
    share = (5 + 5 + 2 + 1.5) / 15
    assert found.chance == pytest.approx(0.8 * share + 0.2 * (1 - share))
