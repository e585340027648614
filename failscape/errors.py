"""What every folder may raise at a user: one line that names the thing and the remedy. Imports nothing of ours."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType


class UsageError(ValueError):
    """A mistake in what the user asked for or gave. The command line prints it as ``error: ...``, no traceback."""


class CodeNotNamed(UsageError):
    """A run needs code that the user did not name.

    Args:
        what: is the matter, without the remedy.
        option: names the code on the command line.
    """

    def __init__(self, what: str, option: str) -> None:
        super().__init__(f"{what}; where you trust it, import it first, or name it:{option}")
        self.what, self.option = what, option


class Doubt(UserWarning):
    """What a user should know before believing a result. The command line prints it as ``warning: ...``."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C where something was saved; a plain ``KeyboardInterrupt`` says that nothing was.

    Args:
        saved: what, and where it lies.
        command: goes on from there; the same command again where omitted.
    """

    def __init__(self, saved: str, command: str = "") -> None:
        super().__init__(f"saved {saved}")
        self.saved, self.command = saved, command


@contextmanager
def saved(what: str, command: str = "") -> Iterator[None]:
    """Ctrl-C within says that ``what`` is saved, unless it says itself what is; arguments as :class:`Stopped` has."""
    try:
        yield
    except Stopped:
        raise
    except KeyboardInterrupt:
        raise Stopped(what, command) from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``'; did you mean X?'`` with the closest of ``known``, or all of them where none is close and they are few."""
    known = sorted(known)
    return closest(name, known) or (f"; known: {', '.join(known)}" if 0 < len(known) <= 24 else "")


def closest(name: str, known: Iterable[str]) -> str:
    """``'; did you mean X?'`` with the closest of ``known``; nothing where none is close.

    For what merely happens to be there, as files of a folder are: a list of these is no help.
    """
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def require(module: str, extra: str) -> ModuleType:
    """The imported optional ``module``; where it is missing, an error that says which extra brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise
        raise UsageError(
            f"this needs the package {module}; install it with: pip install 'failscape[{extra}]'"
        ) from None
