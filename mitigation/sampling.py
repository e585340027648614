"""What a fine-tune is shown: items as they are, and the same items edited at points of the failure modes.

Shapes: ``N`` items, ``B`` batch, ``K`` concepts, ``M`` points of a mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.errors import UsageError


class Failures(NamedTuple):
    """A failure mode, as a fine-tune needs it."""

    points: np.ndarray  # (M,) rows of the grid
    classes: tuple[int, ...]  # true classes that fail there; all where empty


def failures_of(points: np.ndarray, classes: tuple[int, ...], space: ConceptSpace) -> list[Failures]:
    """A mode at points ``(M,)`` as failures; where the points say of which class, those of each class by themselves."""
    axis = space.group_axis
    if axis is None:
        return [Failures(points, classes)]
    chosen = space.concepts[axis].levels[space.point(points)[:, axis]].astype(np.int64)
    held = [label for label in np.unique(chosen).tolist() if not classes or label in classes]
    return [Failures(points[chosen == label], (label,)) for label in held]


class Split(NamedTuple):
    """Items that teach and items that judge; indices into the data."""

    fit: np.ndarray
    validation: np.ndarray


def split_items(explored: np.ndarray, group: np.ndarray, share: float, seed: int) -> Split:
    """Divide the explored items ``(N,)``, each class alike; classes too small to give a judge are divided as one.

    Raises:
        UsageError: there are too few of them.
    """
    rng = np.random.default_rng((seed, 1))
    judges, small = [], [np.zeros(0, np.int64)]
    for label in np.unique(group[explored]):
        own = rng.permutation(explored[group[explored] == label])
        n_judges = round(share * len(own))
        judges.append(own[:n_judges])
        small += [] if n_judges else [own]
    together = rng.permutation(np.concatenate(small))
    judges.append(together[: round(share * len(together))])
    validation = np.sort(np.concatenate([np.zeros(0, np.int64), *judges]))
    fit = np.setdiff1d(explored, validation)
    if not len(validation) or not len(fit):
        raise UsageError(f"{len(explored)} explored items are too few to teach and to judge a fine-tune")
    return Split(fit, validation)


def epoch(
    failures: Sequence[Failures],
    space: ConceptSpace,
    items: np.ndarray,
    group: np.ndarray,
    batch_size: int,
    rng: np.random.Generator,
    balance: bool = True,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of items ``(B,)`` and the points ``(B, K)`` at which they are edited: as many items as there are.

    Each item's mode is drawn evenly among those that hold its class, its point evenly within the mode. Items of classes
    that no mode holds are edited at any mode's points: they have to stay as right as they are.
    """
    for batch in batches(items, group, batch_size, rng, balance):
        yield batch, space.point(draw_points(failures, group[batch], rng))


def batches(
    items: np.ndarray, group: np.ndarray, batch_size: int, rng: np.random.Generator, balance: bool = True
) -> Iterator[np.ndarray]:
    """Batches of items ``(B,)``, as many items as there are; balanced, those of rare classes as often as others."""
    drawn = rng.choice(items, len(items), p=_weights(group[items])) if balance else rng.permutation(items)
    for start in range(0, len(drawn), batch_size):
        yield drawn[start : start + batch_size]


def draw_points(failures: Sequence[Failures], labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A row of the grid for each item of the given classes: ``(B,) -> (B,)``."""
    holds = np.array([[not mode.classes or label in mode.classes for mode in failures] for label in labels])
    holds |= ~holds.any(axis=1, keepdims=True)
    which = (rng.random(holds.shape) * holds).argmax(axis=1)
    points = np.zeros(len(labels), np.int64)
    for m, mode in enumerate(failures):
        points[which == m] = rng.choice(mode.points, int((which == m).sum()))
    return points


def _weights(labels: np.ndarray) -> np.ndarray:
    """Chances of items that make every class as likely, ``(N,) -> (N,)``."""
    _, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights: np.ndarray = 1.0 / counts[which]
    return weights / weights.sum()
