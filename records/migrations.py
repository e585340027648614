"""Tables of earlier versions, brought up to date as they are read. A file is never changed by that.

To change the tables: raise ``VERSION`` in ``records/probes.py``, keep the names that the old version had here, and add
the step from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

# Columns of the two tables by version.
_FIRST = (
    "step slot item point levels strengths moves path propensity failed severity reward predicted confidence truth "
    "said cut cached seed time"
)
_FIRST_ITEMS = "item name reference held_out predicted failed truth said"
_ARGUMENTS = {"bar": "threshold"}  # what was called otherwise beside version 1 of the tables
_PLACES = ("cluster", "unit", "home")
# What version 2 calls them.
_RENAMED = {"truth": "score", "said": "output_text", "cut": "input_truncated", "reference": "group"}


def _renamed(names: str) -> set[str]:
    return {_RENAMED.get(name, name) for name in names.split()}


_COLUMNS = {
    1: {"probes": set(_FIRST.split()), "items": set(_FIRST_ITEMS.split())},
    2: {"probes": {*_renamed(_FIRST), "extra"}, "items": {*_renamed(_FIRST_ITEMS), *_PLACES}},
}


def arguments_up_to_date(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of ``summary.json`` and arguments of environments, under today's names."""
    return {_ARGUMENTS.get(name, name): value for name, value in values.items()}


def summary_up_to_date(summary: Mapping[str, Any]) -> dict[str, Any]:
    """``summary.json`` as today's runs write it.

    Failure modes that are no exact rules are left out, and a warning says so: their names fitted only most of their
    points, and their rates were those of the search. Random edits used to be one of each item.
    """
    now = arguments_up_to_date(summary)
    if now.get("learner"):
        now["learner"] = {"n_random_draws": 1, **now["learner"]}
    if all("seen_rate" in mode for mode in now.get("modes", [])):
        return now
    said = (
        "the failure modes of this run were found by an earlier version and are not shown: explore again to find them"
    )
    return now | {"modes": [], "warnings": [*now.get("warnings", []), said]}


def columns_of(version: int) -> dict[str, set[str]]:
    """Names of the columns of each table in a version; no table where it is not known."""
    return _COLUMNS.get(version, {})


def up_to_date(probes: pd.DataFrame | None, items: pd.DataFrame, version: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of a version, step by step, as the newest version has them; ``probes`` may be left out."""
    probes = pd.DataFrame(columns=sorted(columns_of(version)["probes"])) if probes is None else probes
    while version in _STEPS:
        probes, items = _STEPS[version](probes, items)
        version += 1
    return probes, items


def _to_2(probes: pd.DataFrame, items: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Version 1 had other names, comma text for JSON arrays, a dash for nothing, and no items that lie at points."""
    lists = {name: [_array(text) for text in probes[name]] for name in ("levels", "strengths", "path")}
    lists["path"] = ["[]" if text == "-" else array for text, array in zip(probes["path"], lists["path"], strict=True)]
    probes = probes.assign(**lists, extra="{}")
    return probes.rename(columns=_RENAMED), items.rename(columns=_RENAMED).assign(**dict.fromkeys(_PLACES))


def _array(text: str) -> str:
    return json.dumps([None if part == "-" else json.loads(part) for part in text.split(",")])


_STEPS: dict[int, Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]] = {1: _to_2}
