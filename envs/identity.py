"""What a run explored, by content: a name alone says neither which picture it is nor which weights answer.

Shapes: ``N`` items.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from failscape.common.format import a_few
from failscape.common.safe_open import regular
from failscape.data.base import Items
from failscape.errors import Doubt, UsageError
from failscape.records.folder import RunFolder
from failscape.targets.base import Target
from failscape.targets.fingerprint import weights_fingerprint

FILE = "baseline.npz"  # of a run folder
SHOWN = 3  # names of items in a message


class Identity(NamedTuple):
    """Items and weights that can be told from others of the same name."""

    names: np.ndarray  # (N,) str
    digests: np.ndarray  # (N,) str; none where earlier versions of failscape did not keep them
    weights: str  # fingerprint; "" where nothing is known of them

    @classmethod
    def of(cls, target: Target, items: Items) -> Identity:
        """Of what is in memory."""
        return cls(np.array(items.names, str), items.digests, weights_fingerprint(target))

    @classmethod
    def explored(cls, folder: Path) -> Identity:
        """Of what a run explored; without digests and weights where it was made before runs kept them.

        Raises:
            UsageError: it is no run folder, or its records cannot be read.
        """
        path = folder / FILE
        if path.exists():
            with np.load(regular(path), allow_pickle=False) as table:
                if set(cls._fields) <= set(table.files):
                    return cls(table["names"], table["digests"], str(table["weights"]))
        run = RunFolder(folder)
        if not (run / "probes.sqlite").exists():  # killed before anything was asked
            return cls(np.zeros(0, str), np.zeros(0, str), "")
        store = run.store()
        try:
            return cls(store.items()["name"].to_numpy(str), np.zeros(0, str), "")
        finally:
            store.close()

    def expect(self, now: Identity, run: Path | str) -> None:
        """Refuse items or weights that are not those of ``run``, which this is the identity of.

        Raises:
            UsageError: they are others; it names them.
        """
        changes = self.changes_to(now)
        if changes:
            raise UsageError(f"the data is not what {run} explored: {changes}; bring it back, or explore again")
        self.expect_weights(now.weights, run)
        if len(self.digests) < len(self.names):
            _doubt(
                f"{run} was made before runs kept what identifies items and weights: whether they are those that it "
                "explored cannot be checked"
            )

    def expect_weights(self, weights: str, run: Path | str) -> None:
        """The same of the weights alone; what two types of numbers cannot tell is said.

        Raises:
            UsageError: they are others.
        """
        if not self.weights or not weights or self.weights == weights:
            return
        (then, _), (now, _) = (known.split(":") for known in (self.weights, weights))
        if then != now:
            return _doubt(
                f"the target computes in {now}, and did in {then} when {run} was made: whether its weights are the "
                "same cannot be checked, and answers may differ"
            )
        raise UsageError(
            f"the weights of the target have changed since {run} was made; bring them back, or explore again"
        )

    def changes_to(self, now: Identity) -> str:
        """What is different about the items, in words; nothing where they are the same ones in the same order.

        Where this run has explored none yet, any will do.
        """
        if not len(self.names):
            return ""
        if np.array_equal(self.names, now.names):
            both = min(len(self.digests), len(now.digests))  # 0 where either does not know
            changed = self.names[:both][self.digests[:both] != now.digests[:both]]
            return _said(changed.tolist(), len(self.names))
        then, others = set(self.names.tolist()), set(now.names.tolist())
        gone = [name for name in self.names.tolist() if name not in others]
        new = [name for name in now.names.tolist() if name not in then]
        told = [_some(names, what) for names, what in ((gone, "gone"), (new, "new")) if names]
        return " and ".join([*told, *self._changed_among(now)]) or "its items come in another order"

    def _changed_among(self, now: Identity) -> list[str]:
        """What is different about the items of the same names."""
        if not len(self.digests) or not len(now.digests):
            return []
        known = dict(zip(now.names.tolist(), now.digests.tolist(), strict=True))
        pairs = zip(self.names.tolist(), self.digests.tolist(), strict=True)
        shared = [(name, digest == known[name]) for name, digest in pairs if name in known]
        said = _said([name for name, same in shared if not same], len(shared))
        return [said] if said else []

    def changed_among(self, now: Identity) -> str:
        """What is different about the items that both have by name, in words; nothing where they are the same."""
        return "".join(self._changed_among(now))

    def may_be(self, other: Identity) -> bool:
        """Whether nothing says that these are other items or weights."""
        return not self.changes_to(other) and (not self.weights or not other.weights or self.weights == other.weights)

    def differences(self, other: Identity) -> list[str]:
        """What tells two runs of one target apart, in words: weights, and items that both have by name."""
        told = [self.changed_among(other)]
        if self.weights and other.weights and self.weights != other.weights:
            told.append("the weights of the target have changed")
        return [what for what in told if what]


def _some(names: Sequence[str], what: str) -> str:
    return f"{len(names):,} {'item is' if len(names) == 1 else 'items are'} {what} ({a_few(names, SHOWN)})"


def _said(changed: Sequence[str], n: int) -> str:
    if not changed:
        return ""
    why = ""
    if len(changed) == n:
        why = ", unless other versions of the libraries prepare them otherwise"
    return f"{len(changed):,} of {n:,} items are not what they were ({a_few(changed, SHOWN)}){why}"


def _doubt(text: str) -> None:
    warnings.warn(text, Doubt, stacklevel=3)
