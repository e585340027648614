"""The order in which a person is asked: blind, fixed by the name, and never both pictures of a pair in a row."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from failscape.records.questions import PICTURES, Answer, Question, QuestionStore
from failscape.workflows.answering import blind_order, turn_of
from failscape.workflows.questions import QuestionSession

numbers = st.lists(st.integers(1, 10_000), min_size=2, max_size=40, unique=True)


@given(numbers, st.text(min_size=1))
def test_each_picture_comes_once_and_those_of_a_pair_far_apart(questions: list[int], name: str) -> None:
    order = blind_order(questions, name)
    assert sorted(order) == sorted((number, picture) for number in questions for picture in PICTURES)
    places: dict[int, list[int]] = {}
    for place, shown in enumerate(order):
        places.setdefault(shown.question, []).append(place)
    assert min(last - first for first, last in places.values()) > len(questions) // 2


@given(numbers, st.text(min_size=1))
def test_the_order_is_of_the_name_and_not_of_how_questions_come(questions: list[int], name: str) -> None:
    assert blind_order(questions, name) == blind_order(questions[::-1], name)


def test_another_name_draws_another_order() -> None:
    assert blind_order(range(9), "Bob") != blind_order(range(9), "Cleo")
    firsts = {blind_order([1], name)[0].picture for name in "abcdefgh"}
    assert firsts == set(PICTURES)


def asked(session: QuestionSession, n: int, author: str = "Ada", start: int = 0) -> list[Question]:
    pairs = session.ranked[start : start + n]
    return [Question(author, pair.first, pair.second, "Which?", "one", "two", "a", "b") for pair in pairs]


def test_a_person_is_asked_all_but_pairs_that_they_wrote_about(own_pairs: Path) -> None:
    session = QuestionSession(own_pairs)
    with QuestionStore(session.store_path) as store:
        store.ask(asked(session, 3))
        store.ask(asked(session, 2, "Bob", start=3))
        store.ask(asked(session, 1))  # once more
        pair = session.ranked[0]
        store.ask([Question("Bob", pair.first, pair.second, difference=False)])
        store.ask(asked(session, 1, "Cleo"))
        bob, ada, cleo, dan = (turn_of(session, store, name) for name in ("bob", "Ada", "Cleo", "Dan"))
    assert (bob.n_all, bob.n_own) == (4, 3), "what Bob wrote of the first pair counts no longer, but he saw it"
    assert (ada.n_all, ada.n_own) == (4, 3) and (cleo.n_all, cleo.n_own) == (8, 1) and (dan.n_all, dan.n_own) == (10, 0)


def test_turns_follow_the_order_to_its_end(own_pairs: Path) -> None:
    session, shown = QuestionSession(own_pairs), []
    with QuestionStore(session.store_path) as store:
        numbers = store.ask(asked(session, 4))
        while (turn := turn_of(session, store, "Bob")).shown:
            shown.append(turn.shown)
            store.answer(Answer("Bob", *turn.shown, "a"))
    assert shown == blind_order(numbers, "Bob") and turn.n_done == turn.n_all == 8


def test_pictures_of_a_pair_do_not_meet_when_questions_come_in(own_pairs: Path) -> None:
    session, shown = QuestionSession(own_pairs), []
    with QuestionStore(session.store_path) as store:
        store.ask(asked(session, 2))
        for start in range(2, 9):
            store.ask(asked(session, 1, start=start))
            turn = turn_of(session, store, "Bob")
            assert turn.shown is not None
            shown.append(turn.shown.question)
            store.answer(Answer("Bob", *turn.shown, "b"))
        while (turn := turn_of(session, store, "Bob")).shown:
            shown.append(turn.shown.question)
            store.answer(Answer("Bob", *turn.shown, "b"))
    assert len(shown) == 18 and all(one != other for one, other in pairwise(shown[:-1]))


def test_a_question_that_is_written_again_is_asked_again(own_pairs: Path) -> None:
    session = QuestionSession(own_pairs)
    with QuestionStore(session.store_path) as store:
        (number,) = store.ask(asked(session, 1))
        store.answer(Answer("Bob", number, "first", "a"))
        store.ask([asked(session, 1)[0]._replace(question="Which one?")])
        assert turn_of(session, store, "Bob").n_done == 0
