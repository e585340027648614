"""The store of questions and answers: append-only, the last counts, and nothing half said is stored."""

import sqlite3
from pathlib import Path

import pytest

from failscape.common.visual_patterns import PATTERNS
from failscape.errors import UsageError
from failscape.records.questions import Answer, Question, QuestionStore

ONE = Question("Ada", "1.png", "2.png", "Which way does it face?", "left", "right", "a", "b", "orientation")
SAME = Question("Bob", "1.png", "2.png", difference=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "questions.sqlite"


def test_a_question_comes_back_as_it_was(file: Path) -> None:
    with QuestionStore(file) as store:
        (number,) = store.ask([ONE._replace(question="  Which way\n does it   face? ")])
    with QuestionStore(file, read_only=True) as store:
        frame = store.questions()
    assert frame.index.tolist() == [number]
    assert Question(*frame[list(Question._fields)].iloc[0]) == ONE and frame["time"].iloc[0] > 1e9


def test_what_is_written_last_about_a_pair_counts_and_all_stays(file: Path) -> None:
    with QuestionStore(file) as store:
        store.ask([ONE, ONE._replace(second="3.png")])
        store.ask([SAME])
        counting = store.counting().set_index("second")
        assert counting["difference"].to_dict() == {"3.png": True, "2.png": False}
        assert counting.loc["2.png", "author"] == "Bob" and len(store.questions()) == 3
        store.ask([ONE._replace(a="to the left")])
        assert store.counting()["a"].tolist() == ["left", "to the left"]


def test_no_difference_keeps_no_question(file: Path) -> None:
    with QuestionStore(file) as store:
        store.ask([ONE._replace(difference=False)])
        assert store.questions()[["question", "a", "first_answer", "pattern"]].iloc[0].tolist() == ["", "", "", ""]


def test_the_last_answer_of_a_person_to_a_question_about_a_picture_counts(file: Path) -> None:
    with QuestionStore(file) as store:
        (number,) = store.ask([ONE])
        for who, picture, answer in (
            ("Bob", "first", "a"),
            ("Bob", "second", "a"),
            ("Cleo", "first", "b"),
            ("Bob", "first", "b"),
        ):
            store.answer(Answer(who, number, picture, answer))
        answers = store.answers()
    assert answers[["answerer", "picture", "answer"]].to_numpy().tolist() == [
        ["Bob", "second", "a"],
        ["Cleo", "first", "b"],
        ["Bob", "first", "b"],
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"author": " "}, "a question needs an author"),
        ({"question": "  "}, "there is no question; write one, or say that a person sees no difference"),
        ({"a": ""}, r"option \(a\) is empty; write what one could answer"),
        ({"b": "Left"}, "both options are 'left'; write two that differ"),
        ({"b": "right (a) left"}, r"option \(b\) contains \(a\) or \(b\), which mark the options; leave them out"),
        ({"first_answer": ""}, "no option is marked as correct for the first picture; choose a or b"),
        ({"second_answer": "c"}, "'c' is no option for the second picture; choose a or b"),
        ({"second_answer": "a"}, r"option \(a\) is marked as correct for both pictures; ask for something in which"),
        ({"pattern": "orientatoin"}, "there is no visual pattern 'orientatoin'; did you mean orientation?"),
        ({"question": "x" * 501}, "the question has 501 letters; write 500 at most"),
        ({"b": "x" * 201}, r"option \(b\) has 201 letters; write 200 at most"),
    ],
)
def test_what_cannot_be_asked_is_refused_whole(file: Path, changed: dict[str, str], words: str) -> None:
    with QuestionStore(file) as store:
        with pytest.raises(UsageError, match=words):
            store.ask([ONE, ONE._replace(**changed)])  # type: ignore[arg-type]
        assert store.questions().empty


def test_a_question_that_its_author_has_not_seen_is_not_replaced(file: Path) -> None:
    with QuestionStore(file) as store, QuestionStore(file) as other:
        (seen,) = store.ask([ONE], 0)
        with pytest.raises(UsageError, match="Ada has written about this pair meanwhile"):
            other.ask([SAME], 0)
        assert other.counting()["author"].tolist() == ["Ada"]
        other.ask([ONE._replace(author="Cleo", second="3.png")], 0)
        other.ask([SAME], seen)
        assert sorted(store.counting()["author"]) == ["Bob", "Cleo"]


@pytest.mark.parametrize("answer", [Answer("", 1, "first", "a"), Answer("Bob", 1, "third", "a")])
def test_an_answer_names_who_and_which_picture(file: Path, answer: Answer) -> None:
    with QuestionStore(file) as store, pytest.raises(UsageError, match="an answer needs a name and a picture"):
        store.answer(answer)


def test_an_answer_is_one_of_two(file: Path) -> None:
    with QuestionStore(file) as store, pytest.raises(UsageError, match="choose one of the two options"):
        store.answer(Answer("Bob", 1, "first", ""))


@pytest.mark.parametrize("table", ["questions", "answers"])
@pytest.mark.parametrize("change", ["UPDATE {} SET time = 1", "DELETE FROM {}", "REPLACE INTO {0} SELECT * FROM {0}"])
def test_rows_are_never_changed(file: Path, table: str, change: str) -> None:
    with QuestionStore(file) as store:
        store.answer(Answer("Bob", store.ask([ONE])[0], "first", "a"))
    database = sqlite3.connect(file)
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} only grow"):
        database.execute(change.format(table))
    database.close()


def test_reading_what_is_not_there_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no question was written yet; write some with .*questions .*pairs\.parquet`"):
        QuestionStore(tmp_path / "pairs" / "questions.sqlite", read_only=True)


def test_the_patterns_are_those_of_mmvp() -> None:
    assert len(PATTERNS) == 9 and PATTERNS["position"] == "positional and relational context"
