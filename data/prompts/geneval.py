"""GenEval's prompts with the rules that a picture must follow (Ghosh, Hajishirzi and Schmidt 2023), from JSON lines.

A line is an object with ``tag`` (the task), ``prompt``, ``include`` and, where something must be absent, ``exclude``::

    {"tag": "position", "prompt": "a photo of a laptop left of a cow", "include": [
        {"class": "cow", "count": 1}, {"class": "laptop", "count": 1, "position": ["left of", 0]}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from failscape.common.safe_open import Irregular, read_small
from failscape.errors import UsageError, did_you_mean

TASKS = ("single_object", "two_object", "counting", "colors", "position", "color_attr")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
DIRECTIONS = ("left of", "right of", "above", "below")
KEYS = ("tag", "prompt", "include", "exclude")


class Relation(NamedTuple):
    """Where objects must be, seen from those of another clause."""

    direction: str  # one of DIRECTIONS
    target: int  # index of an earlier clause of ``include``


@dataclass(frozen=True)
class Included:
    """What must be in the picture: at least ``count`` objects of a class."""

    name: str
    count: int  # from 1
    colour: str = ""  # one of COLOURS; "" where any will do
    relation: Relation | None = None


@dataclass(frozen=True)
class Excluded:
    """What must not be: ``count`` objects of a class, or more."""

    name: str
    count: int  # from 1


class GenevalRule(NamedTuple):
    """A prompt, and what must be in a picture of it."""

    task: str  # one of TASKS
    prompt: str
    include: tuple[Included, ...]
    exclude: tuple[Excluded, ...] = ()


def read_geneval(path: Path) -> list[GenevalRule]:
    """The rules in a file of JSON lines, in their order; empty lines are skipped.

    Raises:
        UsageError: The file cannot be read or holds no rule, or a line is malformed; it says which line, and how.
    """
    try:
        text = read_small(path)
    except Irregular:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read: {reason}; give GenEval's metadata as JSON lines") from None
    lines = enumerate(text.split("\n"), start=1)
    rules = [_rule(line, f"{path}, line {number}") for number, line in lines if line.strip()]
    if not rules:
        raise UsageError(f"{path} holds no rule; give GenEval's metadata as JSON lines")
    return rules


def by_prompt(rules: Iterable[GenevalRule]) -> dict[str, GenevalRule]:
    """The rule of each prompt.

    Raises:
        UsageError: A prompt has two rules that differ.
    """
    found: dict[str, GenevalRule] = {}
    for rule in rules:
        if found.setdefault(rule.prompt, rule) != rule:
            raise UsageError(f"the prompt '{rule.prompt}' has two rules that differ; keep one")
    return found


def classes_of(rules: Iterable[GenevalRule]) -> tuple[str, ...]:
    """Names of all classes that the rules ask for, sorted."""
    rules = list(rules)
    included = {clause.name for rule in rules for clause in rule.include}
    return tuple(sorted(included | {clause.name for rule in rules for clause in rule.exclude}))


def _rule(line: str, where: str) -> GenevalRule:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError(f"{where}: this is not valid JSON") from None
    if not isinstance(found, dict):
        raise UsageError(f"{where}: this is not a JSON object")
    _check_keys(found, KEYS, where)
    task, prompt = _text(found, "tag", where), _text(found, "prompt", where)
    if task not in TASKS:
        raise UsageError(f"{where}: there is no task '{task}'{did_you_mean(task, TASKS)}")
    include: list[Included] = []
    for clause, place in _clauses(found, "include", where):
        include.append(_included(clause, len(include), place))
    exclude = tuple(_excluded(clause, place) for clause, place in _clauses(found, "exclude", where))
    if not include and not exclude:
        raise UsageError(f"{where}: nothing is asked for; write an include or an exclude")
    return GenevalRule(task, prompt, tuple(include), exclude)


def _clauses(found: Mapping[str, Any], key: str, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    clauses = found.get(key, [])
    if not isinstance(clauses, list):
        raise UsageError(f"{where}: {key} is not a list")
    for number, clause in enumerate(clauses):
        place = f"{where}, {key} {number}"
        if not isinstance(clause, dict):
            raise UsageError(f"{place}: this is not a JSON object")
        yield clause, place


def _included(clause: Mapping[str, Any], n_before: int, where: str) -> Included:
    _check_keys(clause, ("class", "count", "color", "position"), where)
    colour = _text(clause, "color", where) if "color" in clause else ""
    if colour and colour not in COLOURS:
        raise UsageError(f"{where}: '{colour}' is none of GenEval's colours{did_you_mean(colour, COLOURS)}")
    relation = _relation(clause["position"], n_before, where) if "position" in clause else None
    return Included(_text(clause, "class", where), _count(clause, where), colour, relation)


def _excluded(clause: Mapping[str, Any], where: str) -> Excluded:
    _check_keys(clause, ("class", "count"), where)
    return Excluded(_text(clause, "class", where), _count(clause, where))


def _relation(position: Any, n_before: int, where: str) -> Relation:
    if not isinstance(position, list) or len(position) != 2:
        raise UsageError(f'{where}: position is not [direction, index], such as ["left of", 0]')
    direction, target = position
    if direction not in DIRECTIONS:
        raise UsageError(f"{where}: '{direction}' is no direction{did_you_mean(str(direction), DIRECTIONS)}")
    if not _is_whole(target) or not 0 <= target < n_before:
        raise UsageError(f"{where}: position names include {target}, which does not come before this one")
    return Relation(direction, target)


def _check_keys(found: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """A misspelled key would drop a condition without a word."""
    for key in found:
        if key not in known:
            raise UsageError(f"{where}: unknown key '{key}'{did_you_mean(key, known)}")


def _text(found: Mapping[str, Any], key: str, where: str) -> str:
    text = found.get(key)
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{where}: {key} is no text")
    return text


def _count(found: Mapping[str, Any], where: str) -> int:
    number = found.get("count")
    if not _is_whole(number) or number < 1:
        raise UsageError(f"{where}: count is no whole number from 1")
    return number


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
