"""Texts that stand for the values of facts, by which a CLIP reads facts from pictures; from a YAML file.

Each fact has a name, the visual pattern of MMVP that it stands for, if any, and two values or more, each with a text or
a list of texts::

    direction:
      pattern: orientation
      values:
        left: a photo of something that faces left
        right: [a photo of something that faces right, a photo of something that points to the right]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from failscape.common.safe_open import read_small
from failscape.common.visible import well_formed
from failscape.common.visual_patterns import PATTERNS
from failscape.errors import UsageError, did_you_mean

USUAL = Path(__file__).with_name("probes.yml")
KEYS = ("pattern", "values")
LETTERS = 100_000  # of a file at most: the usual one has 2,500


class Probe(NamedTuple):
    """One fact."""

    fact: str
    pattern: str  # short name; empty where it stands for none
    values: Mapping[str, tuple[str, ...]]  # texts of each value


def load_probes(path: Path = USUAL) -> list[Probe]:
    """The facts of a file, in its order.

    Raises:
        UsageError: the file cannot be read, or is not of the form above.
    """
    try:
        text = read_small(path)
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
        raise UsageError(f"{path} cannot be read ({said}); --probes takes a YAML file") from None
    if len(text) > LETTERS:
        raise UsageError(f"{path} has {len(text):,} letters; --probes takes {LETTERS:,} at most")
    try:
        content = yaml.load(text, Loader=_Plain)
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{path} is no YAML file of probes: {said}") from None
    if not isinstance(content, dict) or not content:
        raise UsageError(f"{path} names no facts; it takes a name for each, with pattern and values under it")
    return [_probe(fact, told, path) for fact, told in content.items()]


class _Plain(yaml.BaseLoader):
    """YAML of texts, lists and tables alone: no tags, no anchors, no name twice, and ``no`` stays a word."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference to an anchor; write it out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value]
        for name in names:
            if not isinstance(name, str) or not name.strip():
                raise yaml.YAMLError("a name that is no word")
            if names.count(name) > 1:
                raise yaml.YAMLError(f"{name} is there twice")
            if well_formed(name) != name:
                raise yaml.YAMLError("a letter that is none")
        return super().construct_mapping(node, deep)


def _probe(fact: str, told: Any, path: Path) -> Probe:
    where = f"{path}: {fact}"
    if not isinstance(told, dict) or not isinstance(told.get("values"), dict):
        raise UsageError(f"{where} has no values; give two or more, each with a text or a list of texts")
    for key in told:
        if key not in KEYS:
            raise UsageError(f"{where} has no {key!r}{did_you_mean(key, KEYS)}")
    pattern = told.get("pattern", "")
    if pattern and pattern not in list(PATTERNS):
        raise UsageError(f"{where}: no visual pattern {str(pattern)!r}{did_you_mean(str(pattern), PATTERNS)}")
    values = {value: _texts(texts, f"{where}, {value}") for value, texts in told["values"].items()}
    if len(values) < 2:
        raise UsageError(f"{where} has one value; a fact needs two or more")
    texts = [text for of_value in values.values() for text in of_value]
    if len(set(texts)) < len(texts):
        raise UsageError(f"{where} has one text twice; it would tell nothing")
    return Probe(fact, pattern, values)


def _texts(texts: Any, where: str) -> tuple[str, ...]:
    found = [texts] if isinstance(texts, str) else texts
    if not isinstance(found, list) or not found or not all(isinstance(text, str) and text.strip() for text in found):
        raise UsageError(f"{where} has no texts; give one, or a list")
    if any(well_formed(text) != text for text in found):
        raise UsageError(f"{where} has a letter that is none")
    return tuple(found)
