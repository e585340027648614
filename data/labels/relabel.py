"""A source seen with the classes of a target instead of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from failscape.common.format import a_few
from failscape.common.label_rules import EVERY, INVALID, LabelRule
from failscape.data.base import PictureSource, Skipped
from failscape.data.labels.matching import Matching, match_classes
from failscape.data.labels.names import NameIndex
from failscape.errors import UsageError


class Relabelled:
    """Those items of a source that have a class of the target, labelled by it."""

    names: Sequence[str]
    labels: np.ndarray
    group_names: Sequence[str]
    skipped: list[Skipped]

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the source."""
        return self._source.notes

    def __init__(
        self,
        source: PictureSource,
        labels: np.ndarray,
        group_names: Sequence[str],
        label_rules: tuple[LabelRule, ...],
    ) -> None:
        """Args: ``labels`` of the target for every item of the source ``(N,)``, -1 leaves one out; names; facts."""
        self._source, self.label_rules = source, label_rules
        self._kept = np.flatnonzero(labels >= 0)
        self.labels = labels[self._kept]
        self.names = [source.names[index] for index in self._kept.tolist()]
        self.group_names, self.skipped = group_names, source.skipped

    def load(self, index: int) -> Any:
        """One item, as the source loads it."""
        return self._source.load(int(self._kept[index]))


def relabel(source: PictureSource, class_names: Sequence[str], how: Matching) -> PictureSource:
    """The source with labels of the target.

    Classes of which the source has no item need no match.

    Args:
        source: its labels index its own ``group_names``.
        class_names: the target's.
        how: see ``match_classes``.

    Raises:
        UsageError: as ``match_classes`` does, and where two classes of the source have one name.
    """
    classes = source.group_names
    if how.noun == "class" and not how.mapping and _in_order(classes, class_names):
        return Relabelled(source, source.labels, class_names, source.label_rules)
    present = [classes[label] for label in np.unique(source.labels)]
    twice = [name for name, count in Counter(present).items() if count > 1]
    if twice:
        raise UsageError(
            f"{how.where} has two classes by the name of {a_few(twice)}; rename one of each in the dataset"
        )
    found = match_classes(present, class_names, how)
    lookup = np.array([found.get(name, -1) for name in classes], dtype=np.int64)
    known = [rule for rule in source.label_rules if rule.label == EVERY or lookup[rule.label] >= 0]
    rules = tuple(_with_labels(rule, lookup) for rule in known)
    return Relabelled(source, lookup[source.labels], class_names, rules)


def _with_labels(rule: LabelRule, lookup: np.ndarray) -> LabelRule:
    """The same fact of classes of the target; a class that the target does not know is no right answer."""
    label = EVERY if rule.label == EVERY else int(lookup[rule.label])
    becomes = rule.becomes if rule.becomes < 0 else int(lookup[rule.becomes])
    return rule._replace(label=label, becomes=INVALID if becomes == -1 else becomes)


def _in_order(classes: Sequence[str], class_names: Sequence[str]) -> bool:
    """The same classes in the same order: then even duplicate names (ImageNet's cranes) are unambiguous."""
    index = NameIndex(class_names)
    same_length = len(classes) == len(class_names)
    return same_length and all(place in index.candidates(name) for place, name in enumerate(classes))
