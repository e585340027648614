"""The rating page: a real server, real browsers, two at once, one killed while it saves; and hostile text."""

import json
import os
import re
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flask")
pytest.importorskip("waitress")

from failscape import errors
from failscape.cli import main
from failscape.errors import UsageError
from failscape.web.rating_app import make_app
from failscape.web.rating_app import serve as serve_page
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run
from tests.support.rating_page import ENTER, Server, press, rate, ratings, saved, text, wait


@pytest.fixture
def serve(own_run: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of one run, and ends them."""
    started: list[Server] = []

    def start(*more: str) -> Server:
        started.append(Server(own_run, "--no-report", *more))
        return started[-1]

    yield start
    for server in started:
        if server.command.runs:
            server.end(signal.SIGKILL)


def test_a_person_rates_by_keys_and_by_mouse_and_comes_back(serve: Any, browser: Any, own_run: Path) -> None:
    server = serve("--port", "0", "--budget", "5")
    modes = Run(own_run).found_modes()
    browser.get(server.address)
    browser.find_element("css selector", "#who").send_keys("Ada", ENTER)
    wait(browser, lambda b: text(b, "h1") == modes[0].name)
    page = text(browser, "main")
    assert "95 % interval" in page and "unedited, 0 % of them" in page and "sure). Truth: " in page
    pictures = "return [...document.images].map(i => i.complete && i.naturalWidth > 0)"
    assert browser.execute_script(pictures) and all(browser.execute_script(pictures))

    rate(browser, "8", "q", "3", ENTER)
    assert text(browser, "#status").startswith("Saved: 8, quality 3 for") and modes[0].name in text(browser, "#status")
    press(browser, "4", "c")
    press(browser, "so 5o")  # in the comment, letters and numbers are text
    rate(browser, ENTER)
    rate(browser, "x")
    assert text(browser, "#status").startswith("Saved: abstained")
    browser.find_element("css selector", "#undesirability label:nth-child(10)").click()
    browser.find_element("css selector", "#save").click()
    wait(browser, lambda b: saved(b) == 4)
    frame = ratings(own_run)
    assert frame["undesirability"].fillna(0).tolist() == [8, 4, 0, 10]
    assert frame["quality"].fillna(0).tolist() == [3, 0, 0, 0]
    assert frame["note"].tolist() == ["", "so 5o", "", ""]
    assert frame["mode"].tolist()[: len(modes)] == [mode.name for mode in modes]
    assert set(frame["rater"]) == {"Ada"}
    assert "3 of 5 labels" in text(browser, "header") and "1 abstained" in text(browser, "header")

    out = server.end()  # Ctrl-C
    assert "4 ratings by 1 rater in" in out and (own_run / "reward_model.npz").exists()
    again = serve("--port", "0", "--budget", "5", "--rater", "Ada")
    browser.get(again.address)  # it is Ada's page, and goes on where she stopped
    assert "3 of 5 labels" in text(browser, "header")
    rate(browser, "0", ENTER)
    press(browser, "b")  # changes her mind
    wait(browser, lambda b: "you said 10; a new answer counts" in text(b, "main"))
    rate(browser, "2", ENTER)
    latest = Run(own_run).ratings()
    assert len(latest) == 5 and latest["undesirability"].iloc[-1] == 2 and len(ratings(own_run)) == 6
    rate(browser, "6", ENTER)
    assert text(browser, "h1") == "Done. Thank you, Ada."


def test_it_remembers_who_rates_in_a_browser(serve: Any, browser: Any) -> None:
    server = serve("--port", "0")
    browser.get(server.address)
    browser.find_element("css selector", "#who").send_keys("Ádá; B=ü", ENTER)
    wait(browser, lambda b: "Ádá; B=ü" in text(b, "header"))
    rate(browser, "5", ENTER)
    again = serve("--port", "0")  # at another port, as after a restart
    browser.get(again.address)
    assert "Ádá; B=ü" in text(browser, "header") and "1 of 50 labels" in text(browser, "header")
    browser.get(f"{again.address}who")
    browser.find_element("css selector", "#who").send_keys("Bob", ENTER)
    wait(browser, lambda b: "Bob" in text(b, "header"))
    browser.get(again.address)
    assert "Bob" in text(browser, "header") and "0 of 50 labels" in text(browser, "header")
    browser.get(serve("--port", "0", "--rater", "Cleo").address)
    assert "Cleo" in text(browser, "header"), "whom the command names comes first"


def test_nothing_is_asked_of_anyone_else(serve: Any, browser: Any) -> None:
    server = serve("--port", "0", "--rater", "Ada")
    browser.get(server.address)
    rate(browser, "5", ENTER)
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    assert asked and all(url.startswith((server.address, "data:", "chrome:")) for url in asked)
    assert not browser.get_log("browser"), "no error, and nothing refused by the content security policy"


@pytest.mark.slow
def test_two_rate_at_once_and_one_is_killed_while_it_saves(serve: Any, open_browser: Any, own_run: Path) -> None:
    server = serve("--port", "0")
    seen: dict[str, list[int]] = {"ada": [], "bob": []}
    doomed, survivor = open_browser(), open_browser()
    doomed.get(f"{server.address}?rater=ada")
    survivor.get(f"{server.address}?rater=bob")

    def ada() -> None:
        for key in "12345678":
            seen["ada"].append(rate(doomed, key, ENTER))
        press(doomed, "9", ENTER)  # whether this one arrives nobody can say: it is never acknowledged

    rating = threading.Thread(target=ada)
    rating.start()
    for key in "98765432":
        seen["bob"].append(rate(survivor, key, ENTER))
    rating.join()
    os.kill(doomed.capabilities["goog:processID"], signal.SIGKILL)
    seen["bob"].append(rate(survivor, "1", ENTER))
    frame = ratings(own_run)
    for rater, numbers in seen.items():
        assert frame.loc[numbers, "rater"].tolist() == [rater] * len(numbers)
    assert frame.loc[seen["ada"], "undesirability"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert frame.loc[seen["bob"], "undesirability"].tolist() == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert len(frame) in (17, 18)
    third = open_browser()
    third.get(f"{server.address}?rater=ada")
    assert f"{len(frame) - 9} of 50 labels" in text(third, "header"), "she goes on where she stopped"


@pytest.mark.slow
def test_a_server_that_dies_loses_nothing_acknowledged_and_nothing_typed(
    serve: Any, browser: Any, own_run: Path
) -> None:
    server = serve("--port", "0")
    browser.get(f"{server.address}?rater=ada")
    acknowledged = [rate(browser, "7", ENTER), rate(browser, "3", ENTER)]
    server.end(signal.SIGKILL)
    press(browser, "9", "c")
    press(browser, "important")
    press(browser, ENTER)
    wait(browser, lambda b: text(b, "#status").startswith("NOT saved: the page's server does not answer"))
    assert ratings(own_run).index.tolist() == acknowledged
    serve("--port", server.port)
    press(browser, ENTER)
    wait(browser, lambda b: saved(b) == 3)
    frame = ratings(own_run)
    assert frame["undesirability"].tolist() == [7, 3, 9] and frame["note"].tolist()[-1] == "important"


HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{7*7}}' OR 1=1 --"


def test_hostile_text_is_text(browser: Any, own_run: Path, serve: Any) -> None:
    summary = json.loads((own_run / "summary.json").read_text())
    summary["modes"][0]["name"] = HOSTILE
    (own_run / "summary.json").write_text(json.dumps(summary))
    server = serve("--port", "0")
    browser.get(server.address)
    browser.find_element("css selector", "#who").send_keys("<b>" + HOSTILE[:60], ENTER)
    wait(browser, lambda b: text(b, "h1") == HOSTILE)
    press(browser, "5", "c")
    press(browser, HOSTILE)
    rate(browser, ENTER)
    browser.find_element("css selector", "summary").click()
    assert HOSTILE in text(browser, "details") and "<b><script>" in text(browser, "header")
    assert browser.title == "Rate – failscape"
    assert ratings(own_run)["note"].tolist() == [HOSTILE]
    server.end()


def post(server: Server, fields: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{server.address}rate", fields.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_what_other_pages_and_programs_may_not_do(serve: Any, found_run: Path, own_run: Path) -> None:
    server, case = serve("--port", "0"), next(iter(RatingSession(Run(found_run)).cases))
    good = f"rater=eve&case={case}&undesirability=5"
    assert post(server, good, Origin="http://evil.example")[0] == 403
    assert post(server, good, Host="evil.example")[0] == 400  # a name that was made to resolve to this machine
    assert post(server, "rater=eve&case=none&undesirability=5")[0] == 400
    assert post(server, f"rater=&case={case}&undesirability=5")[0] == 400
    for wrong in ("11", "0"):
        status, words = post(server, f"rater=eve&case={case}&undesirability={wrong}")
        assert status == 422 and f"undesirability {wrong} is not on the scale" in words
    for wrong in ("", "-3", "nan", "²"):
        status, words = post(server, f"rater=eve&case={case}&undesirability={wrong}")
        assert status == 422 and "choose a number, or abstain" in words
    assert post(server, good + "&note=" + "x" * 100_000)[0] == 413
    assert len(ratings(own_run)) == 0
    assert post(server, good, Origin=server.address.rstrip("/"))[0] == 200
    assert len(ratings(own_run)) == 1
    with pytest.raises(OSError), socket.create_connection((socket.gethostname(), int(server.port)), timeout=2) as other:
        if other.getpeername()[0].startswith("127."):  # the machine's name may mean the loopback interface
            raise OSError


def test_without_scripts_it_asks_whether_it_is_still_right(own_run: Path) -> None:
    session = RatingSession(Run(own_run))
    client = make_app(session, budget=50).test_client()
    page = client.get("/?rater=Ada", base_url="http://127.0.0.1").get_data(as_text=True)
    first, second, third = list(session.cases)[:3]
    label = session.examples(session.cases[first])[0].group
    assert f"Would you still call all of them “{label}”?" in page
    assert re.findall(r'name="still_right" value="(\w+)"', page) == ["yes", "no"]

    def send(case: str, **fields: str) -> Any:
        data = {"rater": "Ada", "case": case, **fields}
        return client.post("/rate", data=data, base_url="http://127.0.0.1", follow_redirects=True)

    assert "Saved: 4, no longer right for" in send(first, undesirability="4", still_right="no").get_data(as_text=True)
    said = send(second, abstain="1", still_right="yes").get_data(as_text=True)
    assert "Saved: abstained, still right for" in said
    assert "Saved: 7 for" in send(third, undesirability="7").get_data(as_text=True)
    refused = send(third, undesirability="7", still_right="maybe")
    assert refused.status_code == 422 and "yes or no, or nothing" in refused.get_data(as_text=True)
    frame = ratings(own_run)
    assert frame["still_right"].fillna(-1).tolist() == [0, 1, -1] and frame["abstain"].tolist() == [False, True, False]
    again = client.get(f"/?rater=Ada&case={first}", base_url="http://127.0.0.1").get_data(as_text=True)
    assert 'name="still_right" value="no" checked' in again and 'value="yes" checked' not in again


def test_keys_say_whether_it_is_still_right(serve: Any, browser: Any, own_run: Path) -> None:
    browser.get(serve("--port", "0", "--rater", "Ada").address)
    rate(browser, "8", "n", ENTER)
    rate(browser, "y", "x")
    rate(browser, "3", "y", "n", ENTER)
    rate(browser, "3", "y", "y", ENTER)  # taken back
    rate(browser, "5", "c", "yny", ENTER)  # in the comment, letters are text
    assert ratings(own_run)["still_right"].fillna(-1).tolist() == [0, 1, 0, -1, -1]
    browser.set_window_size(400, 900)
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.set_window_size(1280, 1000)


def test_a_port_in_use_is_one_clear_line(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["feedback", str(own_run), "--port", str(port)]) == 2
    wrong = f"error: cannot listen at port {port}: Address already in use; give another one: --port P\n"
    assert capsys.readouterr().err == wrong
    assert main(["feedback", str(own_run), "--port", "70000"]) == 2
    assert "--port takes a number from 0 to 65535, not '70000'" in capsys.readouterr().err


def test_without_its_packages_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(errors.importlib, "import_module", missing)
    with pytest.raises(
        UsageError, match=r"needs the package flask; install it with: pip install 'failscape\[feedback\]"
    ):
        serve_page(None, port=0, budget=1, rater=None)  # type: ignore[arg-type]
