"""Prompts from a template, a file of the user's own, or a preset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from failscape.common.safe_open import read_small
from failscape.data.prompts import street
from failscape.data.prompts.book import Asks, PromptBook
from failscape.data.prompts.template import slots_of
from failscape.data.prompts.words import USUAL
from failscape.data.tables.open import SUFFIXES, open_table
from failscape.errors import UsageError, did_you_mean

FSRL = "fsrl"
# What the prompts of Failures Are Fated, But Can Be Faded say that people do. Its code joins two of them by mistake and
# so has 20.
FSRL_ACTIVITIES = (
    "working on a tour plan",
    "brainstorming new ideas",
    "actively working on a project",
    "reflecting on their work",
    "collaborating with colleagues",
    "teaching or presenting",
    "conducting research",
    "creating an art piece",
    "solving a complex problem",
    "giving a speech or a lecture",
    "experimenting with new techniques",
    "designing a new invention",
    "leading a team meeting",
    "analyzing data on a computer",
    "writing a book",
    "gardening",
    "playing a musical instrument",
    "practicing yoga",
    "cooking in a gourmet kitchen",
    "building a robot",
    "exploring a historic site",
)
FSRL_SLOTS: Mapping[str, Sequence[str]] = {
    "description": ("unique", "distinctive", "cool"),
    "profession": ("scientist", "artist", "professor"),
    "setting": ("corporate office", "research center", "classroom"),
}
COLUMNS = ("prompt", "text", "caption")  # of a table, the first that it has


def read_prompts(spec: str, named: Mapping[str, Iterable[str]] | None = None) -> PromptBook:
    """The prompts that ``spec`` names.

    Args:
        spec: ``fsrl``, ``street:prompts``, a template (``a {color} car``), or a file: YAML with ``prompts``, ``slots``,
            ``neutral`` and ``asks`` (of slots, the factor that a judge reads for it); a text file with a prompt per
            line; a table with a column ``prompt``, ``text`` or ``caption``.
        named: values of slots, instead of those that the prompts come with; a value that these have keeps its words,
            any other is its own. Slots that nobody gives values have those of ``USUAL`` where they are called so.

    Raises:
        UsageError: it is neither; a slot has no values, or values are for a slot that no prompt has.
    """
    book = _opened(spec)
    usual = {name: dict(USUAL[name]) for name in book.names if name in USUAL}
    slots = {**usual, **book.slots}
    slots |= {name: {v: slots.get(name, {}).get(v, v) for v in values} for name, values in (named or {}).items()}
    for name in (*slots, *book.neutral):
        if name not in book.names:
            raise UsageError(f"no prompt of {spec} has a slot {name!r}{did_you_mean(name, book.names)}")
    for name in book.names:
        if not slots.get(name):
            raise UsageError(f"the slot {{{name}}} of {spec} has no values; name them: {name}=WORDS,WORDS")
    return book._replace(slots={name: slots[name] for name in book.names})


def _opened(spec: str) -> PromptBook:
    if spec == FSRL:
        said = "Create an image of a {description} {profession} DOING in a {setting}."
        templates = [said.replace("DOING", doing) for doing in FSRL_ACTIVITIES]
        slots = {name: {word: word for word in words} for name, words in FSRL_SLOTS.items()}
        return PromptBook(FSRL, tuple(templates), slots, {"profession": "person", "setting": "room"})
    if spec == street.NAME:
        return street.street_prompts()
    path = Path(spec)
    if ("{" in spec or " " in spec) and not _is_file(path):
        return _of_lines(spec, [spec])
    if path.suffix in {".yaml", ".yml"}:
        return _of_yaml(path, spec)
    if path.suffix.lower() in SUFFIXES:
        return _of_lines(spec, _column(path))
    if path.suffix == ".txt" or _is_file(path):
        return _of_lines(spec, _text(path).splitlines())
    raise UsageError(f"'{spec}' is neither a file of prompts nor a prompt with slots such as 'a {{color}} car'")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a prompt may be longer than names of files may be
        return False


def _of_lines(name: str, lines: Sequence[str]) -> PromptBook:
    templates = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not templates:
        raise UsageError(f"{name} holds no prompts")
    for template in templates:
        slots_of(template)
    return PromptBook(name, templates, {}, {})


def _column(path: Path) -> list[str]:
    table = open_table(path)
    found = next((name for name in COLUMNS if name in table.columns), None)
    if found is None:
        raise UsageError(
            f"{path} has no column {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}; it has {', '.join(table.columns)}"
        )
    rows = [cells for _, cells in table.lines([found])]
    return [str(cells[found]) for cells in rows if isinstance(cells, Mapping) and isinstance(cells[found], str)]


def _of_yaml(path: Path, spec: str) -> PromptBook:
    try:
        found = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {str(error).splitlines()[0]}") from None
    known = ("prompts", "slots", "neutral", "asks")
    if not isinstance(found, dict) or "prompts" not in found:
        raise UsageError(f"{path} names no prompts; it takes the keys {', '.join(known)}")
    for key in found:
        if key not in known:
            raise UsageError(f"{path} has no key {key!r}{did_you_mean(str(key), known)}; it takes {', '.join(known)}")
    prompts = found["prompts"]
    lines = [prompts] if isinstance(prompts, str) else prompts
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise UsageError(f"prompts of {path} are texts, not {json.dumps(prompts, default=str)[:80]}")
    book = _of_lines(spec, lines)
    slots = {str(name): _values(path, name, values) for name, values in _mapping(path, "slots", found).items()}
    neutral = {str(name): str(words) for name, words in _mapping(path, "neutral", found).items()}
    factors = {str(name): str(factor) for name, factor in _mapping(path, "asks", found).items()}
    for name in factors:
        if name not in slots:
            raise UsageError(f"asks of {path} names no slot with values: {name!r}{did_you_mean(name, slots)}")
    asks = {(name, value): {factor: value} for name, factor in factors.items() for value in slots[name]}
    return book._replace(slots=slots, neutral=neutral, asks=Asks({}, asks))


def _mapping(path: Path, key: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    given = found.get(key) or {}
    if not isinstance(given, dict):
        raise UsageError(f"{key} of {path} has a line for each slot, NAME: ...")
    return given


def _values(path: Path, name: str, given: Any) -> dict[str, str]:
    if isinstance(given, list):
        given = {str(words): words for words in given}
    if not isinstance(given, dict) or not given:
        raise UsageError(f"the slot {name} of {path} has no values; list words, or names with words")
    return {str(value): "" if words is None else str(words) for value, words in given.items()}


def _text(path: Path) -> str:
    try:
        return read_small(path)
    except (FileNotFoundError, IsADirectoryError):
        raise UsageError(f"there is no file of prompts {path}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text") from None
