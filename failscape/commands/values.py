"""What options take: functions from a word of the command line to its value, for ``type=`` of argparse.

Each raises ``ArgumentTypeError`` with ``takes ..., not 'word'``, which the parser puts after the name of the option.
"""

from __future__ import annotations

import argparse
import math


def whole(text: str) -> int:
    """A whole number from 0 up; underscores and commas may group digits."""
    return _integer(text, 0, "a whole number from 0 up")


def positive(text: str) -> int:
    """A whole number from 1 up; underscores and commas may group digits."""
    return _integer(text, 1, "a whole number from 1 up")


def port(text: str) -> int:
    """A number of a port; 0 takes one that is free."""
    what = "a number from 0 to 65535"
    value = _integer(text, 0, what)
    if value > 65535:
        raise _refused(text, what)
    return value


def number(text: str) -> float:
    """A finite number."""
    return _float(text, "a number")


def above_zero(text: str) -> float:
    """A finite number above 0."""
    what = "a number above 0"
    value = _float(text, what)
    if value <= 0:
        raise _refused(text, what)
    return value


def share(text: str) -> float:
    """A number in [0, 1]."""
    what = "a number from 0 to 1"
    value = _float(text, what)
    if not 0 <= value <= 1:
        raise _refused(text, what)
    return value


def part(text: str) -> float:
    """A number in (0, 1): neither nothing nor all."""
    what = "a number between 0 and 1, neither of them"
    value = _float(text, what)
    if not 0 < value < 1:
        raise _refused(text, what)
    return value


def numbers(text: str) -> list[int]:
    """``"1,3"`` as numbers from 1 up, one or more."""
    what = "numbers such as 1,3"
    words = [word for word in text.replace(" ", "").split(",") if word]
    if not words or not all(word.isdecimal() and int(word) > 0 for word in words):
        raise _refused(text, what)
    return [int(word) for word in words]


def _integer(text: str, least: int, what: str) -> int:
    try:
        value = int(text.replace(",", ""))
    except ValueError:
        raise _refused(text, what) from None
    if value < least:
        raise _refused(text, what)
    return value


def _float(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _refused(text, what) from None
    if not math.isfinite(value):
        raise _refused(text, what)
    return value


def _refused(text: str, what: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"takes {what}, not {text!r}")
