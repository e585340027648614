"""The rating page as a person meets it: the command that serves it, and a browser's keys."""

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from failscape.records.ratings import RatingStore
from tests.support.commands import Command


class Server:
    """A command that serves a page, ``failscape feedback RUN`` or another one, as a person starts it."""

    def __init__(self, path: Path, *more: str, command: str = "feedback") -> None:
        self.command = Command([command, str(path), *more], path if path.is_dir() else path.parent)
        told, found = "", None
        for line in self.command.out:
            told += line
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                break
        assert found, told + "".join(self.command.end()[1:])
        self.address, self.port = found[0], found[1]

    def end(self, how: int = signal.SIGINT) -> str:
        return self.command.end(how)[1]


def wait(browser: Any, what: Callable[[Any], Any]) -> Any:
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 30, 0.05, [StaleElementReferenceException]).until(what)


def press(browser: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def text(browser: Any, selector: str) -> str:
    return str(browser.find_element("css selector", selector).text)


def saved(browser: Any) -> int:
    """The number of the rating that the page acknowledges; asked at once, as the page may be replaced any moment."""
    script = "return [location.href, (document.querySelector('#status') || {innerText: ''}).innerText]"
    address, status = browser.execute_script(script)
    found = re.search(r"saved=(\d+)", address)
    return int(found[1]) if found and status.startswith("Saved:") else 0


def rate(browser: Any, *keys: str) -> int:
    """Press keys, and wait for the acknowledgement that follows."""
    before = saved(browser)
    press(browser, *keys)
    return int(wait(browser, lambda b: (now := saved(b)) > before and now))


def ratings(run: Path) -> Any:
    with RatingStore(run / "ratings.sqlite", read_only=True) as store:
        return store.frame()


ENTER = "\ue007"
