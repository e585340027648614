"""The file that says what edits do to right answers."""

import math

import pytest

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.data.labels.effects import COLUMNS, read_label_rules
from failscape.errors import UsageError

CLASSES = ["six", "nine", "zero", "crane", "crane"]


def write(path, *lines):
    path.write_text("\n".join([COLUMNS, *lines]))
    return path


def test_each_line_is_a_fact_and_the_order_is_kept(tmp_path):
    path = write(
        tmp_path / "labels.csv",
        "rotation,150,,six,transformed,nine",
        "rotation,,-150,six,transformed,1",
        "",
        "flip,0.5,1,,invalidated,",
        '"flip", 0.5 , , zero , preserved ,',
    )
    assert read_label_rules(path, CLASSES) == (
        LabelRule("rotation", 150, math.inf, 0, 1),
        LabelRule("rotation", -math.inf, -150, 0, 1),
        LabelRule("flip", 0.5, 1, EVERY, INVALID),
        LabelRule("flip", 0.5, math.inf, 2, KEPT),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rotation,150,180,six", "line 2: 4 fields where concept,from,to,class,effect,becomes are six; quote a name"),
        (",150,180,six,preserved,", "line 2: no concept; name the edit, such as rotation"),
        (
            "flip,,,six,preserve,",
            "line 2: the effect is one of preserved, transformed, invalidated, got 'preserve'; did",
        ),
        ("flip,,,six,,", "line 2: the effect is one of preserved, transformed, invalidated, got ''"),
        ("flip,,,six,transformed,", "line 2: transformed into what? the last field names the class"),
        ("flip,,,six,invalidated,nine", "line 2: invalidated has no class to become; empty the last field"),
        ("flip,,,six,preserved,nine", "line 2: preserved has no class to become"),
        ("rotation,180,150,six,preserved,", "line 2: from 180 is above to 150; exchange them"),
        ("rotation,far,,six,preserved,", "line 2: 'far' is no strength; write a number, or leave it empty"),
        ("rotation,,nan,six,preserved,", "line 2: 'nan' is no strength"),
        ("flip,,,sixx,preserved,", "line 2: the target has no class 'sixx'; did you mean six?"),
        ("flip,,,six,transformed,crane", "line 2: 'crane' may be class 3 or 4; give the number"),
    ],
)
def test_a_wrong_line_is_named_in_one_line(tmp_path, line, message):
    with pytest.raises(UsageError) as error:
        read_label_rules(write(tmp_path / "labels.csv", line), CLASSES)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_says_nothing_or_is_no_table_is_refused(tmp_path):
    with pytest.raises(UsageError, match="says nothing; give a CSV file with lines concept,from,to"):
        read_label_rules(write(tmp_path / "labels.csv"), CLASSES)
    (tmp_path / "other.csv").write_text("class,group\n")
    with pytest.raises(UsageError, match=f"the header is 'class,group'; it must be {COLUMNS}"):
        read_label_rules(tmp_path / "other.csv", CLASSES)
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        read_label_rules(tmp_path / "none.csv", CLASSES)
