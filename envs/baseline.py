"""What the target makes of the unedited items, seen once, ahead of any exploration.

Shapes: ``N`` items, ``F`` features of the target, ``D`` features kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.extmath import randomized_svd

from failscape.common.safe_open import regular
from failscape.data.base import Items
from failscape.envs.identity import Identity
from failscape.envs.steadiness import second_look
from failscape.errors import UsageError
from failscape.rewards.base import Evaluation, Reward
from failscape.targets.base import Target
from failscape.targets.outputs import Outputs

N_ITEM_FEATURES = 8
N_CLASS_FEATURES = 16
FEATURE_BOUND = 5.0
NO_VARIANCE = 1e-4  # a deviation below this share of the largest


class BaselineOutputs(NamedTuple):
    """One look at each unedited item, and a second one at some. Each is a query of the target."""

    features: np.ndarray  # (N, D) float32 in [-5, 5]: of the item itself, and of the mean item of its group
    score: np.ndarray  # (N,) float32 how right the target was: probability of the true class, score of a summary
    predicted: np.ndarray  # (N,) int64
    failed: np.ndarray  # (N,) bool
    severity: np.ndarray  # (N,) float32 in [0, 1]
    output_text: np.ndarray  # (N,) str, what a target that writes wrote, else ""
    names: np.ndarray  # (N,) str, of the items
    digests: np.ndarray  # (N,) str, what each of them is
    weights: str  # fingerprint of the target's; "" where it shows none
    caveats: np.ndarray  # (M,) str what a reader should know of how it answers, a sentence each
    n_queries: int

    @classmethod
    def take(
        cls,
        target: Target,
        items: Items,
        judge: Reward,
        *,
        batch_size: int = 256,
        progress: Callable[[int], None] | None = None,
    ) -> BaselineOutputs:
        """Show every item to ``target``, some twice; components are fitted on the items that are not held out.

        Raises:
            UsageError: the target answers equal questions differently.
        """
        return cls.of(target, first_look(target, items, batch_size=batch_size, progress=progress), items, judge)

    @classmethod
    def of(
        cls, target: Target, outputs: Outputs, items: Items, judge: Reward, caveats: Sequence[str] = ()
    ) -> BaselineOutputs:
        """What was seen at a first look, as ``judge`` judges it; takes a second one, and raises as it does."""
        again = second_look(target, outputs, items, judge)
        judgement = judge(unedited(outputs, items))
        features = outputs.features.flatten(1).float().cpu().numpy()
        return cls(
            item_features(features, items.group, ~items.held_out),
            judgement.score.float().cpu().numpy(),
            judgement.predicted.cpu().numpy().astype(np.int64),
            judgement.failed.cpu().numpy(),
            judgement.severity.float().cpu().numpy(),
            np.array(outputs.output_text(), str),
            *Identity.of(target, items),
            np.array([*caveats, *again.caveats], str),
            len(items) + again.n_queries,
        )

    @property
    def identity(self) -> Identity:
        """What was looked at, and by which weights."""
        return Identity(self.names, self.digests, self.weights)

    def parts(self, group: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
        """Features of the items themselves ``(N, 8)``, and of the groups ``(G, 16)``; fewer where the target has few.

        A group that no item is of has zeros, which is the mean of all.
        """
        n_own = min(N_ITEM_FEATURES, self.features.shape[1] // 2)
        groups = np.zeros((n_groups, self.features.shape[1] - n_own), np.float32)
        groups[group] = self.features[:, n_own:]
        return self.features[:, :n_own], groups

    def save(self, path: Path) -> None:
        """Write to ``path`` (npz), whole or not at all: a run that is killed here must still resume."""
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez(file, **self._asdict())
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path, target: Target, items: Items) -> BaselineOutputs:
        """What :meth:`save` wrote, bit for bit.

        Raises:
            UsageError: it is of other items or other weights, or of another version of failscape.
        """
        with np.load(regular(path), allow_pickle=False) as table:
            columns = {name: table[name] for name in table.files}
        now = Identity.of(target, items)
        if set(columns) == {*cls._fields, "items"} - {"names", "digests", "weights", "caveats"}:  # of version 0.1
            del columns["items"]
            columns |= {**Identity(now.names, np.zeros(0, str), "")._asdict(), "caveats": np.zeros(0, str)}
            if len(columns["failed"]) != len(items):
                raise UsageError(
                    f"{path} is of {len(columns['failed'])} items, and there are {len(items)}: the data has changed; "
                    "bring it back, or explore again"
                )
        if set(columns) != set(cls._fields):
            raise UsageError(f"{path} was written by another version of failscape; explore again")
        columns |= {"weights": str(columns["weights"]), "n_queries": int(columns["n_queries"])}
        baseline = cls(**columns)
        baseline.identity.expect(now, path.parent)
        return baseline


def first_look(
    target: Target, items: Items, *, batch_size: int = 256, progress: Callable[[int], None] | None = None
) -> Any:
    """What ``target`` makes of all unedited items, by seed 0: its own kind of outputs, ``N`` rows, on the CPU."""
    parts = []
    for start in range(0, len(items), batch_size):
        inputs = items.batch.inputs[start : start + batch_size]
        parts.append(target(inputs, seeds=[0] * len(inputs)).to("cpu"))
        if progress:
            progress(len(parts[-1].features))
    return parts[0].joined(parts)


def counting(progress: Callable[[str, int, int], None] | None, what: str, total: int) -> Callable[[int], None] | None:
    """Tells ``progress`` what is being done, how far it is and how much there is, from what each step adds."""
    if progress is None:
        return None
    done = 0

    def tell(n: int) -> None:
        nonlocal done
        done += n
        progress(what, done, total)

    return tell


def unedited(outputs: Outputs, items: Items) -> Evaluation:
    """All items as they are, ready to be judged."""
    batch = items.batch.to("cpu")  # where a first look leaves the outputs
    return Evaluation(np.arange(len(items)), np.full((len(items), 0), -1, np.int64), batch, batch, outputs)


def item_features(features: np.ndarray, group: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """What an agent is told of an item: ``(N, F), (N,), (N,) bool -> (N, D)`` float32.

    Which edit breaks an item depends on its class more than on anything else, so the mean features of its group
    come beside its own: a code that has the same size for ten groups and for a thousand, and in which like groups are
    near. A group that is seen in no item of ``fit`` is the mean of all.
    """
    seen, which = np.unique(group, return_inverse=True)
    counts = np.bincount(which[fit], minlength=len(seen))
    centroids = np.tile(features[fit].mean(axis=0), (len(seen), 1))
    for k in np.flatnonzero(counts):
        centroids[k] = features[fit & (which == k)].mean(axis=0)
    own, of_class = whiten(features, fit, N_ITEM_FEATURES), whiten(centroids[which], fit, N_CLASS_FEATURES)
    return np.concatenate([own, of_class], axis=1)


def whiten(features: np.ndarray, fit: np.ndarray, n: int) -> np.ndarray:
    """At most ``n`` leading principal components at unit variance, clipped: ``(N, F), (N,) bool -> (N, D)`` float32.

    A frozen target's features can be thousands of correlated numbers; a Q-network learns faster from a few
    uncorrelated ones of the same size, and a replay buffer holds them. Directions without variance are zero.
    """
    features = np.nan_to_num(features, posinf=0.0, neginf=0.0)
    n = int(min(n, features.shape[1], fit.sum()))
    centred = features - features[fit].mean(axis=0)
    _, singular, directions = randomized_svd(centred[fit], n, random_state=0)
    deviations = singular / np.sqrt(max(1, fit.sum() - 1))
    # Along a direction without variance (the last one, where items are fewer than features) rounding errors, or what
    # the items that were not fitted have there, would be blown up to the bound.
    known = deviations > NO_VARIANCE * max(deviations.max(), 1e-12)
    scores = np.where(known, centred @ directions.T / np.where(known, deviations, 1), 0)
    return np.clip(scores, -FEATURE_BOUND, FEATURE_BOUND).astype(np.float32)
