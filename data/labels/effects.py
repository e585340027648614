"""A file that says what edits do to right answers: ``concept,from,to,class,effect,becomes``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.data.labels.mapping import class_of, rows
from failscape.data.labels.names import NameIndex
from failscape.errors import UsageError, did_you_mean

COLUMNS = "concept,from,to,class,effect,becomes"
EFFECTS = ("preserved", "transformed", "invalidated")


def read_label_rules(path: str | Path, class_names: Sequence[str]) -> tuple[LabelRule, ...]:
    """The facts of a CSV file, in its order; of several that speak of one strength and class the last one holds.

    An empty ``from`` or ``to`` leaves that end open, an empty ``class`` means every class.

    Args:
        path: a CSV file in UTF-8 with the header ``concept,from,to,class,effect,becomes``.
        class_names: the target's.

    Raises:
        UsageError: the file cannot be read, or a line is wrong; it names the line.
    """
    index = NameIndex(class_names)
    found = tuple(_rule(where, fields, index) for where, fields in rows(Path(path), COLUMNS))
    if not found:
        raise UsageError(f"{path} says nothing; give a CSV file with lines {COLUMNS}")
    return found


def label_rules_text(rules: Sequence[LabelRule], class_names: Sequence[str]) -> str:
    """What :func:`read_label_rules` reads, with each class by its name, or by its index where that names several."""
    index, text = NameIndex(class_names), io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS.split(","))
    for rule in rules:
        ends = ["" if math.isinf(end) else repr(end) for end in (rule.low, rule.high)]
        label = "" if rule.label == EVERY else _name(rule.label, index)
        effect = {KEPT: "preserved", INVALID: "invalidated"}.get(rule.becomes, "transformed")
        becomes = _name(rule.becomes, index) if effect == "transformed" else ""
        table.writerow([rule.concept, *ends, label, effect, becomes])
    return text.getvalue()


def _name(label: int, index: NameIndex) -> str:
    name = index.class_names[label].strip()
    told_apart = name.endswith(f" ({label})")  # by :func:`failscape.data.labels.names.distinct`, as a file cannot
    return str(label) if told_apart or index.candidates(name) != {label} else name


def _rule(where: str, fields: Sequence[str], index: NameIndex) -> LabelRule:
    concept, low, high, label, effect, becomes = fields
    if not concept:
        raise UsageError(f"{where}: no concept; name the edit, such as rotation")
    if effect not in EFFECTS:
        hint = did_you_mean(effect, EFFECTS)
        raise UsageError(f"{where}: the effect is one of {', '.join(EFFECTS)}, got {effect!r}{hint}")
    if effect == "transformed" and not becomes:
        raise UsageError(f"{where}: transformed into what? the last field names the class that is right after the edit")
    if effect != "transformed" and becomes:
        raise UsageError(f"{where}: {effect} has no class to become; empty the last field, or say transformed")
    ends = (_strength(low, -math.inf, where), _strength(high, math.inf, where))
    if ends[0] > ends[1]:
        raise UsageError(f"{where}: from {low} is above to {high}; exchange them")
    after = class_of(becomes, index, where) if becomes else KEPT if effect == "preserved" else INVALID
    return LabelRule(concept, *ends, class_of(label, index, where) if label else EVERY, after)


def _strength(text: str, default: float, where: str) -> float:
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise UsageError(f"{where}: {text!r} is no strength; write a number, or leave it empty for an open end")
    return value
