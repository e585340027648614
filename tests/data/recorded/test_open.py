"""Tables of answers as items on a grid: options, axes, clusters, units, and what a mistake is told."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.data.batch import Answers
from failscape.data.recorded.axes import EMPTY, MAX_NAMES, OTHER, RANGES, axis_of
from failscape.data.recorded.open import Recorded, open_parts, open_recorded, split_by
from failscape.errors import UsageError

ROWS = [
    {"model": "a", "drawing": "1", "count": 0, "prompt": "how", "correct": 1, "score": 0.9, "said": "zero"},
    {"model": "a", "drawing": "1", "count": 0, "prompt": "many", "correct": 0, "score": 0.2, "said": "one"},
    {"model": "a", "drawing": "2", "count": 1, "prompt": "how", "correct": 0, "score": 0.0, "said": "two"},
    {"model": "b", "drawing": "1", "count": 0, "prompt": "how", "correct": 1, "score": 1.0, "said": "zero"},
    {"model": "b", "drawing": "2", "count": 1, "prompt": "how", "correct": 1, "score": 0.7, "said": "one"},
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False)
    return path


def answers(found: Recorded) -> Answers:
    assert isinstance(found.items.batch, Answers)
    return found.items.batch


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json", ".parquet", ".csv.gz", ".jsonl.gz"])
def test_every_kind_of_file_says_the_same(tmp_path: Path, table: Path, suffix: str) -> None:
    frame, path = pd.DataFrame(ROWS), tmp_path / f"same{suffix}"
    kind = suffix.removesuffix(".gz")
    if kind == ".parquet":
        frame.to_parquet(path)
    else:
        text = {
            ".csv": frame.to_csv(index=False),
            ".tsv": frame.to_csv(index=False, sep="\t"),
            ".jsonl": "\n".join(json.dumps(row) for row in ROWS),
            ".json": json.dumps(ROWS),
        }[kind]
        path.write_bytes(gzip.compress(text.encode()) if suffix.endswith(".gz") else text.encode())
    options = "?failed=correct:0&item=drawing&score=score&show=said"
    ours, theirs = (open_recorded(f"{name}{options}", ["count", "prompt"]) for name in (path, table))
    assert answers(ours).failed.tolist() == answers(theirs).failed.tolist() == [False, True, True, False, False]
    assert [axis.level.tolist() for axis in ours.axes] == [axis.level.tolist() for axis in theirs.axes]
    assert ours.items.layout is not None and ours.items.layout.cluster.tolist() == [0, 0, 1, 0, 1]
    np.testing.assert_allclose(answers(ours).score, [0.9, 0.2, 0, 1, 0.7], rtol=1e-6)
    assert answers(ours).shown[2] == (("said", "two"),)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("correct:0", [0, 1, 1, 0, 0]),
        ("correct:0.0", [0, 1, 1, 0, 0]),
        ("correct", [1, 0, 0, 1, 1]),
        ("score<0.5", [0, 1, 1, 0, 0]),
        ("score<=0.7", [0, 1, 1, 0, 1]),
        ("score>0.9", [0, 0, 0, 1, 0]),
        ("score>=0.9", [1, 0, 0, 1, 0]),
        ("said:one,two", [0, 1, 1, 0, 1]),
        ("said~ZER", [1, 0, 0, 1, 0]),
    ],
)
def test_a_verdict_is_read_as_it_says(table: Path, verdict: str, expected: list[int]) -> None:
    assert answers(open_recorded(f"{table}?failed={verdict}", ["count"])).failed.tolist() == [bool(x) for x in expected]


def test_filters_are_alternatives_within_a_column_and_all_hold_between(table: Path) -> None:
    found = open_recorded(f"{table}?failed=correct:0&where=model:a,model:b,prompt:how", ["count"])
    assert len(found.items) == 4
    assert open_recorded(f"{table}?failed=correct:0&where=model:a", ["count"]).name == "a"


def test_whole_items_are_held_out(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"item": np.repeat(np.arange(200), 5), "x": rng.integers(3, size=1000)})
    frame.assign(wrong=rng.integers(2, size=1000)).to_csv(path, index=False)
    found = open_recorded(f"{path}?failed=wrong&item=item", ["x"])
    assert found.items.layout is not None
    held = pd.Series(found.items.held_out).groupby(found.items.layout.cluster).agg(["min", "max"])
    assert (held["min"] == held["max"]).all() and 0.1 < held["max"].mean() < 0.3


def test_a_row_without_a_verdict_or_a_value_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    path.write_text("x,y,wrong\n1,a,0\n2,a,\n,a,1\n3,,1\n")
    found = open_recorded(f"{path}?failed=wrong", ["x", "y"])
    assert answers(found).failed.tolist() == [False, True]
    assert [item.reason for item in found.items.skipped] == ["no verdict in wrong", "no value of x"]
    assert found.axes[1].names == (EMPTY, "a")  # of words, nothing is a value, too


def test_units_must_lie_in_one_item_and_at_one_point(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("pair,image,kind,wrong\n1,a,x,0\n1,a,x,1\n2,b,y,0\n2,c,z,0\n")
    with pytest.raises(UsageError, match="the rows of pair 2 are of several items"):
        open_recorded(f"{path}?failed=wrong&unit=pair&item=image", ["kind"])
    with pytest.raises(UsageError, match="pair 2 has several values of kind"):
        open_recorded(f"{path}?failed=wrong&unit=pair", ["kind"])


@pytest.mark.parametrize(
    ("options", "concepts", "said"),
    [
        ("", ["count"], "needs a verdict: give .failed=COLUMN:VALUE"),
        ("?failed=corect:0", ["count"], "no column 'corect'; did you mean correct"),
        ("?failed=correct:7", ["count"], "no row whose correct is 7"),
        ("?failed=said", ["count"], "said holds 'zero'; say which values mean that it failed"),
        ("?failed=said<3", ["count"], "said holds 'zero', which is no number"),
        ("?failed=score<low", ["count"], "compared with 'low', which is no number"),
        ("?failed=correct:", ["count"], "does not say which value"),
        ("?failed=correct:0&itm=drawing", ["count"], "has no option itm; did you mean item"),
        ("?failed=correct:0&item=drawings", ["count"], "no column 'drawings'; did you mean drawing"),
        ("?failed=correct:0&where=model:c", ["count"], "no row whose model is c"),
        ("?failed=correct:0&where=model", ["count"], "write where=COLUMN:VALUE"),
        ("?failed=correct:0&score=said", ["count"], "the score said holds 'zero', which is no number"),
        ("?failed=correct:0", [], "which columns become axes"),
        ("?failed=correct:0", ["count", "count"], "a column is given twice"),
        ("?failed=correct:0", ["counts"], "no column 'counts'; did you mean count"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(table: Path, options: str, concepts: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        open_recorded(f"{table}{options}", concepts)
    assert "\n" not in str(caught.value)


def test_a_damaged_archive_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(b"model,correct\n")
    with pytest.raises(UsageError, match="cannot be unpacked"):
        open_recorded(f"{path}?failed=correct", ["model"])


def test_a_column_of_many_numbers_becomes_ranges_that_hold_alike() -> None:
    values = pd.Series(np.random.default_rng(0).lognormal(size=1000).astype(str))
    axis = axis_of("length", values)
    assert axis.n_levels == RANGES and np.ptp(np.bincount(axis.level)) <= 2 and "ranges" in axis.note
    numbers = values.astype(float).to_numpy()
    assert ((np.array(axis.edges)[axis.level] <= numbers) & (numbers <= np.array(axis.edges)[axis.level + 1])).all()


def test_a_column_of_many_words_keeps_the_commonest() -> None:
    words = [f"word {k}" for k in range(30) for _ in range(30 - k)]
    axis = axis_of("word", pd.Series(words))
    assert axis.n_levels == MAX_NAMES and axis.names[-1] == OTHER and "11 commonest" in axis.note
    kept = [word in axis.names for word in words]
    assert [axis.names[level] == word for level, word in zip(axis.level, words, strict=True)] == kept


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["", "nan", "a", "b", "1", "2.5", "-3", "1e300", "inf"]), st.integers(-5, 40).map(str)
        ),
        min_size=1,
        max_size=60,
    )
)
def test_every_row_has_the_level_that_holds_its_value(values: list[str]) -> None:
    cells = pd.Series(values, dtype=object)
    try:
        axis = axis_of("x", cells)
    except UsageError:
        assert set(values) <= {"", "nan"}
        return
    for value, level in zip(values, axis.level.tolist(), strict=True):
        if axis.names:
            assert axis.names[level] in (value or EMPTY, EMPTY, OTHER)
        elif value in ("", "nan"):
            assert level == -1
        elif axis.values:
            assert axis.values[level] == float(value)
        else:
            assert axis.edges[level] <= float(value) <= axis.edges[level + 1]


def test_parts_have_the_axes_of_all(table: Path) -> None:
    parts = split_by(f"{table}?failed=correct:0&item=drawing", "model")
    assert list(parts) == ["a", "b"]
    found: dict[str, Any] = {name: open_recorded(spec, ["prompt", "count"]) for name, spec in parts.items()}
    assert [axis.names or axis.values for axis in found["b"].axes] == [("how", "many"), (0.0, 1.0)]
    assert (found["b"].name, len(found["b"].items)) == ("b", 2)
    units = open_parts(f"{table}?failed=correct:0&item=drawing", ["prompt", "count"], "model").units
    assert units.groupby("part")["failed"].mean().round(3).to_dict() == {"a": 0.667, "b": 0.0}
    assert (units["point"] == [0, 2, 1, 0, 1]).all() and (units["cluster"] == [0, 0, 1, 0, 1]).all()


@pytest.mark.parametrize(("column", "said"), [("said", "nothing"), ("modle", "did you mean model")])
def test_what_cannot_be_split_says_so(table: Path, column: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        split_by(f"{table}?failed=correct:0" + ("&where=said:two" if column == "said" else ""), column)


def test_half_a_surrogate_pair_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(
        '{"item": "a\\ud800", "kind": "x\\udc01", "wrong": 1, "said": "q\\udfff"}\n'
        '{"item": "b", "kind": "y", "wrong": 0, "said": ["\\udfff"]}\n'
    )
    found = open_recorded(f"{path}?failed=wrong&item=item&show=said", ["kind"])
    assert found.axes[0].names == (r"x\udc01", "y") and found.items.names[0] == r"item a\ud800 (row 1)"
    assert [row[0][1] for row in answers(found).shown] == [r"q\udfff", r'["\udfff"]']
