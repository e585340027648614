"""Which class of the target each class folder of the data is.

A folder is matched by, in this order: the mapping file; its whole name; a synonym where names list several
(``n01440764 tench, Tinca tinca``); the same without case, spaces, underscores and hyphens; a leading index
(``065_sea_snake``), if every folder has one. Nothing is ever matched by a part of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from failscape.common.format import a_few
from failscape.data.labels.mapping import read_mapping
from failscape.data.labels.names import NameIndex, leading_index, wordnet_id
from failscape.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Matching:
    """How names are matched, and how messages call the two sides."""

    mapping: str | Path | None = None  # a CSV file with folder,class
    only_matching: bool = False  # drop what matches nothing instead of refusing
    where: str = "the data"
    target: str = "the target"
    noun: str = "class folder"  # what a class is in the data: this, or ``class`` in a dataset


def match_classes(folders: Sequence[str], class_names: Sequence[str], how: Matching) -> dict[str, int]:
    """The target's class index for each folder; without those that match none where ``how.only_matching``.

    Args:
        folders: distinct names.
        class_names: the target's, in the order of its outputs.
        how: mapping file, strictness, and the words of messages.

    Raises:
        UsageError: a folder matches no class or several, its index and its name disagree, or the mapping is wrong.
    """
    index = NameIndex(class_names)
    found = read_mapping(how.mapping, folders, index) if how.mapping else {}
    rest = [folder for folder in folders if folder not in found]
    candidates = _by_wordnet_order(rest, class_names) or {folder: index.candidates(folder) for folder in rest}
    unnamed = [folder for folder in rest if not candidates[folder]]
    if all(leading_index(folder) for folder in rest):
        candidates |= {folder: _by_index(folder, index, how) for folder in unnamed}
    _refuse_ambiguous({folder: classes for folder, classes in candidates.items() if len(classes) > 1}, how)
    found |= {folder: min(classes) for folder, classes in candidates.items() if classes}
    unmatched = [folder for folder in folders if folder not in found]
    if unmatched and (not how.only_matching or not found):
        raise UsageError(_unmatched_message(unmatched, len(folders), class_names, how))
    return found


def _by_wordnet_order(folders: Sequence[str], class_names: Sequence[str]) -> dict[str, frozenset[int]]:
    """Bare WordNet ids, as many as classes: ImageNet's own folders, whose sorted order is the order of its classes."""
    bare = len(folders) == len(class_names) and all(wordnet_id(folder) == folder for folder in folders)
    if not bare or any(wordnet_id(name) for name in class_names):
        return {}
    return {folder: frozenset({index}) for index, folder in enumerate(sorted(folders))}


def _by_index(folder: str, index: NameIndex, how: Matching) -> frozenset[int]:
    number, name = leading_index(folder) or (-1, "")
    named = index.candidates(name)
    if named and number not in named:
        say = " or ".join(f"{i} ({index.class_names[i]})" for i in sorted(named))
        raise UsageError(
            f"{how.where}: {folder} says class {number}, but by its name it is class {say} of {how.target}\n"
            "say which with --classes mapping.csv (folder,class)"
        )
    return frozenset({number}) if number < len(index.class_names) else frozenset()


def _refuse_ambiguous(several: dict[str, frozenset[int]], how: Matching) -> None:
    if several:
        says = [f"{name} (class {' or '.join(map(str, sorted(classes)))})" for name, classes in several.items()]
        raise UsageError(
            f"{how.where}: {how.target} has more than one class by the name of {a_few(says)}\n"
            "say which by index with --classes mapping.csv (folder,class)"
        )


def _unmatched_message(unmatched: list[str], n_folders: int, class_names: Sequence[str], how: Matching) -> str:
    few = _count(len(unmatched), how.noun.split()[-1])
    remedy = "map them with --classes mapping.csv (folder,class)"
    if len(unmatched) == n_folders:
        remedy += f"; the target's names are like {', '.join(map(repr, class_names[:3]))}"
    else:
        remedy += ", or drop them with --only-matching"
    return (
        f"{how.where} has {_count(n_folders, how.noun)}, {how.target} knows {_count(len(class_names), 'class')}; "
        f"{few} {'matches' if len(unmatched) == 1 else 'match'} none of them: {a_few(unmatched)}\n{remedy}"
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun if n == 1 else noun + ('es' if noun.endswith('s') else 's')}"
