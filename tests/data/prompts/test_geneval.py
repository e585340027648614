"""GenEval's metadata as typed rules, and what is said of lines that are none."""

import json
from collections import Counter

import pytest

from failscape.data.prompts.geneval import (
    COLOURS,
    DIRECTIONS,
    TASKS,
    Excluded,
    GenevalRule,
    Included,
    Relation,
    by_prompt,
    classes_of,
    read_geneval,
)
from failscape.errors import UsageError
from failscape.targets.detectors.class_names import NAMES

COW = {"class": "cow", "count": 1}
LINE = {"tag": "single_object", "prompt": "a photo of a cow", "include": [COW]}
LEFT = {"class": "laptop", "count": 1, "position": ["left of", 0]}


@pytest.fixture
def written(tmp_path):
    """A file with the lines given, objects as JSON."""

    def write(*lines):
        path = tmp_path / "metadata.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
        return path

    return write


def test_every_kind_of_condition_is_read(written):
    counted = {"tag": "counting", "prompt": "two cows", "include": [{**COW, "count": 2}], "exclude": [COW]}
    placed = {"tag": "position", "prompt": "a laptop left of a cow", "include": [COW, LEFT]}
    coloured = {"tag": "colors", "prompt": "a blue cow", "include": [{**COW, "color": "blue"}]}
    assert read_geneval(written(counted, "", placed, coloured)) == [
        GenevalRule("counting", "two cows", (Included("cow", 2),), (Excluded("cow", 1),)),
        GenevalRule(
            "position",
            "a laptop left of a cow",
            (Included("cow", 1), Included("laptop", 1, relation=Relation("left of", 0))),
        ),
        GenevalRule("colors", "a blue cow", (Included("cow", 1, "blue"),)),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a JSON object"),
        ({**LINE, "tag": "colour"}, "no task 'colour'; did you mean colors?"),
        ({**LINE, "prompt": " "}, "prompt is no text"),
        ({**LINE, "tag": None}, "tag is no text"),
        ({**LINE, "includes": []}, "unknown key 'includes'; did you mean include?"),
        ({"tag": "colors", "prompt": "x"}, "nothing is asked for"),
        ({**LINE, "include": COW}, "include is not a list"),
        ({**LINE, "include": ["cow"]}, "include 0: this is not a JSON object"),
        ({**LINE, "include": [{"count": 1}]}, "include 0: class is no text"),
        ({**LINE, "include": [{**COW, "count": 0}]}, "count is no whole number from 1"),
        ({**LINE, "include": [{**COW, "count": True}]}, "count is no whole number from 1"),
        ({**LINE, "include": [{**COW, "count": 1.5}]}, "count is no whole number from 1"),
        ({**LINE, "include": [{**COW, "colour": "red"}]}, "unknown key 'colour'; did you mean color?"),
        ({**LINE, "include": [{**COW, "color": "gray"}]}, "'gray' is none of GenEval's colours"),
        ({**LINE, "include": [COW, {**LEFT, "position": "left of"}]}, "position is not \\[direction, index\\]"),
        (
            {**LINE, "include": [COW, {**LEFT, "position": ["left", 0]}]},
            "'left' is no direction; did you mean left of?",
        ),
        ({**LINE, "include": [COW, {**LEFT, "position": ["left of", 1]}]}, "include 1: position names include 1"),
        ({**LINE, "include": [LEFT, COW]}, "position names include 0, which does not come before"),
        ({**LINE, "exclude": [{**COW, "color": "red"}]}, "exclude 0: unknown key 'color'"),
    ],
)
def test_a_malformed_line_is_named_with_its_number(written, line, said):
    with pytest.raises(UsageError, match=f"metadata.jsonl, line 3.*(?:{said.replace('?', '[?]')})"):
        read_geneval(written(LINE, "", line))


def test_a_file_that_cannot_be_read_is_one_line(tmp_path, written):
    with pytest.raises(UsageError, match="No such file"):
        read_geneval(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="a folder, not a file"):
        read_geneval(tmp_path)
    with pytest.raises(UsageError, match="holds no rule"):
        read_geneval(written("", " "))
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_geneval(tmp_path / "latin.jsonl")


def test_a_prompt_has_one_rule(written):
    rules = read_geneval(written(LINE, LINE))
    assert by_prompt(rules) == {"a photo of a cow": rules[0]}
    with pytest.raises(UsageError, match="'a photo of a cow' has two rules"):
        by_prompt([rules[0], rules[0]._replace(task="colors")])


def test_the_published_file_is_read_whole(real_data):
    rules = read_geneval(real_data / "answers" / "geneval_metadata.jsonl")
    sizes = {"single_object": 80, "two_object": 99, "counting": 80, "colors": 94, "position": 100, "color_attr": 100}
    assert Counter(rule.task for rule in rules) == sizes and [*sizes] == [*TASKS]
    assert classes_of(rules) == tuple(sorted(NAMES)) and len(NAMES) == 80
    assert len(by_prompt(rules)) == 553
    clauses = [clause for rule in rules for clause in rule.include]
    assert {clause.colour for clause in clauses} == {"", *COLOURS}
    assert {clause.relation.direction for clause in clauses if clause.relation} == set(DIRECTIONS)
