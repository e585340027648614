"""The pages on which people ask about blind pairs and answer: what they show, keep and refuse, and a real browser."""

import re
import signal
from collections.abc import Callable, Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flask")
pytest.importorskip("waitress")

from failscape.records.questions import Question, QuestionStore
from failscape.web import answer_app, question_app
from failscape.workflows.questions import AskedPair, QuestionSession
from tests.support.rating_page import Server, text, wait

BASE = "http://127.0.0.1"
SAID = {"question": "Which colour?", "a": "green", "b": "blue", "first_answer": "b", "second_answer": "a"}
HOSTILE = "<script>document.title='owned'</script>{{7*7}}"


@pytest.fixture
def session(own_pairs: Path) -> QuestionSession:
    return QuestionSession(own_pairs)


class Page:
    """A page as a browser without scripts has it."""

    def __init__(self, app: Any) -> None:
        self.client = app.test_client()

    def get(self, address: str = "/") -> str:
        return unescape(self.client.get(address, base_url=BASE).get_data(as_text=True))

    def post(self, address: str, headers: Any = None, **fields: object) -> tuple[int, str]:
        answer = self.client.post(address, data=fields, base_url=BASE, headers=headers, follow_redirects=True)
        return answer.status_code, unescape(answer.get_data(as_text=True))


def asking(session: QuestionSession) -> Page:
    return Page(question_app.make_app(session))


def answering(session: QuestionSession) -> Page:
    return Page(answer_app.make_app(session))


def counting(session: QuestionSession) -> list[dict[str, Any]]:
    with QuestionStore(session.store_path, read_only=True) as store:
        return session.counting(store).to_dict("records")  # type: ignore[return-value]


def write(session: QuestionSession, n: int, author: str = "Ada") -> list[AskedPair]:
    with QuestionStore(session.store_path) as store:
        for number, pair in enumerate(session.ranked[:n]):
            store.ask(
                [Question(author, pair.first, pair.second, f"Question {number}?", f"yes {number}", "no", "a", "b")]
            )
    return session.ranked[:n]


def test_the_blindest_pair_comes_first_with_both_pictures_and_similarities(session: QuestionSession) -> None:
    pair, page = session.ranked[0], asking(session).get("/?author=Ada")
    ranked = session.table.sort_values("blindness", ascending=False)
    assert [pair.first, pair.second] == ranked[["first_name", "second_name"]].iloc[0].tolist()
    assert f"<b>{pair.target:.3f}</b>" in page and f"<b>{pair.reference:.3f}</b>" in page
    assert page.count("data:image/png;base64") == page.count('class="pixelated"') == 2
    assert "group: one, other" in page and pair.first in page and pair.second in page


def test_a_question_is_stored_before_it_is_acknowledged_and_the_next_pair_follows(session: QuestionSession) -> None:
    page, pair = asking(session), session.ranked[0]
    sent = page.client.post("/ask", data={"author": "Ada", "pair": pair.key, "seen": "0", **SAID}, base_url=BASE)
    assert sent.status_code == 303
    (row,) = counting(session)
    assert {name: row[name] for name in SAID} == SAID
    assert (row["author"], row["first"], row["second"], row["pattern"]) == ("Ada", pair.first, pair.second, "")
    shown = page.get(sent.headers["Location"])
    assert "Saved: <q>Which colour?</q>" in shown and "1 of 30 pairs have a question" in shown
    assert f'value="{session.ranked[1].key}"' in shown


def test_what_is_written_again_replaces_what_counts(session: QuestionSession) -> None:
    page, pair = asking(session), session.ranked[0]
    page.post("/ask", author="Ada", pair=pair.key, seen=0, pattern="color", **SAID)
    again = page.get(f"/?author=Ada&pair={pair.key}")
    assert 'value="Which colour?"' in again and '<option value="color" selected>' in again
    assert 'name="first_answer" value="b" checked' in again and "You wrote: <q>Which colour?</q>" in again
    seen = re.findall(r'name="seen" value="(\d+)"', again)[0]
    status, shown = page.post("/ask", author="Bob", pair=pair.key, seen=seen, same=1, **SAID)
    assert status == 200 and "Saved: no difference that a person sees." in shown and "1 without a difference" in shown
    (row,) = counting(session)
    assert (row["author"], row["difference"], row["question"]) == ("Bob", False, "")
    with QuestionStore(session.store_path, read_only=True) as store:
        assert store.questions()["author"].tolist() == ["Ada", "Bob"]


def test_equal_answers_are_refused_and_what_was_typed_stays(session: QuestionSession) -> None:
    page, pair = asking(session), session.ranked[3]
    wrong = {**SAID, "second_answer": "b"}
    status, shown = page.post("/ask", author="Ada", pair=pair.key, seen=0, **wrong)
    assert status == 422 and "NOT saved: option (b) is marked as correct for both pictures; ask for something" in shown
    assert 'value="Which colour?"' in shown and 'name="second_answer" value="b" checked' in shown
    assert f'value="{pair.key}"' in shown and counting(session) == []
    status, told = page.post("/ask", {"Accept": "text/plain"}, author="Ada", pair=pair.key, seen=0, **wrong)
    assert status == 422 and told.startswith("option (b) is marked"), "scripts keep the page and show the words alone"


def test_what_someone_else_wrote_meanwhile_is_not_lost(session: QuestionSession) -> None:
    page, pair = asking(session), session.ranked[0]
    page.post("/ask", author="Ada", pair=pair.key, seen=0, **SAID)
    status, shown = page.post("/ask", author="Bob", pair=pair.key, seen=0, **{**SAID, "question": "Bob's?"})
    assert status == 422 and "Ada has written about this pair meanwhile" in shown
    assert "Ada wrote: <q>Which colour?</q>" in shown and 'value="Bob\'s?"' in shown


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"author": ""}, 400),
        ({"pair": "none"}, 400),
        ({"seen": "x"}, 400),
        ({"question": ""}, 422),
        ({"pattern": "magic"}, 422),
        ({"question": "x" * 600}, 422),
        ({"question": "x" * 100_000}, 413),
    ],
)
def test_what_cannot_be_stored_is_refused(session: QuestionSession, fields: dict[str, str], status: int) -> None:
    good = {"author": "Ada", "pair": session.ranked[0].key, "seen": "0", **SAID}
    assert asking(session).post("/ask", **{**good, **fields})[0] == status
    assert counting(session) == []


@pytest.mark.parametrize("make", [question_app.make_app, answer_app.make_app])
def test_other_pages_are_not_answered(session: QuestionSession, make: Any) -> None:
    write(session, 1)
    client = make(session).test_client()
    assert client.get("/", base_url="http://evil.example").status_code == 400
    for address in ("/ask", "/answer"):
        assert client.post(address, base_url=BASE, headers={"Origin": "http://evil.example"}).status_code == 403
    headers = client.get("/", base_url=BASE).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
    assert len(counting(session)) == 1


def test_a_browser_remembers_askers_and_answerers_apart(session: QuestionSession) -> None:
    write(session, 1)
    asks, answers = asking(session), answering(session)
    assert "Who is asking?" in asks.get() and "Who is answering?" in answers.get()
    asks.get("/?author=Ada")
    assert "Ada · " in asks.get()
    answers.client.set_cookie("author", "Ada", domain="127.0.0.1")
    assert "Who is answering?" in answers.get(), "who asks is not taken for who answers"


def test_an_answerer_sees_one_picture_and_nothing_of_its_pair(session: QuestionSession) -> None:
    pairs = write(session, 3)
    page, told = answering(session), []
    shown = page.get("/?answerer=Bob")
    for _ in range(6):
        assert shown.count("data:image") == 1 and shown.count("<img") == 1
        assert "similar" not in shown.lower() and "correct" not in shown and "checked" not in shown
        assert not any(name in shown for pair in pairs for name in (pair.first, pair.second, pair.key))
        told.append(re.findall(r"<legend>Question (\d)\?", shown)[0])
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
        status, shown = page.post("/answer", **fields, answer="a")
        assert status == 200 and "Saved: (a) yes" in shown
    assert "Done. Thank you, Bob." in shown
    assert sorted(told) == list("001122") and all(one != other for one, other in pairwise(told))
    with QuestionStore(session.store_path, read_only=True) as store:
        answers = store.answers()
    assert set(answers["answerer"]) == {"Bob"} and len(answers) == 6
    assert answers.groupby("question")["picture"].agg(set).tolist() == [{"first", "second"}] * 3


def test_an_answer_may_be_changed_once_more(session: QuestionSession) -> None:
    write(session, 3)
    page = answering(session)
    shown = page.get("/?answerer=Bob")
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    _, shown = page.post("/answer", **fields, answer="a")
    back = page.get(re.findall(r'href="([^"]*)" id="back"', shown)[0])
    assert 'value="a" checked' in back and f'name="question" value="{fields["question"]}"' in back
    page.post("/answer", **fields, answer="b")
    with QuestionStore(session.store_path, read_only=True) as store:
        assert store.answers()["answer"].tolist() == ["b"]


def test_nobody_answers_their_own_questions(session: QuestionSession) -> None:
    write(session, 2)
    page = answering(session)
    assert "Someone else has to answer." in page.get("/?answerer=ADA")
    with QuestionStore(session.store_path, read_only=True) as store:
        number = store.questions().index[0]
    status, told = page.post("/answer", answerer="ada", question=number, picture="first", answer="a")
    assert status == 400 and "a question that they are asked" in told
    assert page.post("/answer", answerer="Bob", question=number, picture="third", answer="a")[0] == 400
    assert page.post("/answer", answerer="Bob", question=number, picture="first", answer="c")[0] == 422
    with QuestionStore(session.store_path, read_only=True) as store:
        assert store.answers().empty


def test_when_something_is_written_of_every_pair_the_asker_is_done(session: QuestionSession) -> None:
    write(session, 30)
    page = asking(session)
    assert "Done. Thank you, Ada." in page.get("/?author=Ada") and "Question 29?" in page.get("/?author=Ada")
    assert "next →" not in page.get(f"/?author=Ada&pair={session.ranked[29].key}")


@pytest.fixture
def serve(own_pairs: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of one table, and ends them."""
    started: list[Server] = []

    def start(*more: str) -> Server:
        started.append(Server(own_pairs, "--port", "0", *more, command="questions"))
        return started[-1]

    yield start
    for server in started:
        if server.command.runs:
            server.end(signal.SIGKILL)


def test_people_ask_and_answer_in_a_browser(serve: Any, browser: Any) -> None:
    asks = serve("--name", "Ada")
    browser.get(asks.address)
    for name, said in (("question", HOSTILE), ("a", "<b>green"), ("b", "blue")):
        browser.find_element("css selector", f"#{name}").send_keys(said)
    for place in (1, 2):
        browser.find_element("css selector", f".two:nth-of-type(2) fieldset:nth-of-type({place}) label").click()
    browser.find_element("css selector", "#save").click()
    wait(browser, lambda b: text(b, "#status").startswith("NOT saved: option (a) is marked as correct for both"))
    browser.find_element("css selector", ".two:nth-of-type(2) fieldset:nth-of-type(2) label:nth-child(2)").click()
    browser.find_element("css selector", "#save").click()
    wait(browser, lambda b: text(b, "#status").startswith("Saved:"))
    assert HOSTILE in text(browser, "#status") and browser.title == "Ask – failscape"
    assert narrow(browser)
    assert "stored    1 question, 0 pairs without a difference, 0 answers in" in asks.end()  # Ctrl-C
    browser.get(serve("--answer", "--name", "Bob").address)
    assert text(browser, "legend") == HOSTILE and browser.title == "Answer – failscape"
    assert browser.execute_script("return document.images[0].naturalWidth") == 8
    assert narrow(browser)
    browser.find_element("css selector", ".choice label").click()
    browser.find_element("css selector", "#save").click()
    wait(browser, lambda b: text(b, "#status").startswith("Saved: (a) <b>green"))
    assert not [entry for entry in browser.get_log("browser") if "422" not in entry["message"]]


def narrow(browser: Any) -> bool:
    """Whether a page fits a telephone."""
    browser.set_window_size(400, 900)
    try:
        return bool(browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"))
    finally:
        browser.set_window_size(1280, 1000)
