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
from failscape.data.pairs.visual_patterns import PATTERNS
from failscape.errors import UsageError, did_you_mean

USUAL = Path(__file__).with_name("probes.yml")
KEYS = ("pattern", "values")


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
    try:
        content = yaml.load(text, Loader=_Plain)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{path} is no YAML file of probes: {said}") from None
    if not isinstance(content, dict) or not content:
        raise UsageError(f"{path} names no facts; it takes a name for each, with pattern and values under it")
    return [_probe(str(fact), told, path) for fact, told in content.items()]


class _Plain(yaml.SafeLoader):
    """YAML without anchors, by which a small file could stand for an endless one; words such as ``no`` stay words."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("a reference to an anchor; write it out")
        return super().compose_node(parent, index)


_Plain.yaml_implicit_resolvers = {}


def _probe(fact: str, told: Any, path: Path) -> Probe:
    where = f"{path}: {fact}"
    if not isinstance(told, dict) or not isinstance(told.get("values"), dict):
        raise UsageError(f"{where} has no values; give two or more, each with a text or a list of texts")
    for key in told:
        if key not in KEYS:
            raise UsageError(f"{where} has no {key!r}{did_you_mean(str(key), KEYS)}")
    pattern = told.get("pattern") or ""
    if pattern and pattern not in PATTERNS:
        raise UsageError(f"{where}: no visual pattern {pattern!r}{did_you_mean(str(pattern), PATTERNS)}")
    values = {str(value): _texts(texts, f"{where}, {value}") for value, texts in told["values"].items()}
    if len(values) < 2:
        raise UsageError(f"{where} has one value; a fact needs two or more")
    return Probe(fact, pattern, values)


def _texts(texts: Any, where: str) -> tuple[str, ...]:
    found = [texts] if isinstance(texts, str) else texts
    if not isinstance(found, list) or not found or not all(isinstance(text, str) and text.strip() for text in found):
        raise UsageError(f"{where} has no texts; give one, or a list")
    return tuple(found)
