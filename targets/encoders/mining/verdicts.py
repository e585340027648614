"""Which pairs to ask a reference about, where each verdict is dear: another model's answer, or a person's.

The target's vectors of the corpus are free, so that all pairs that it takes for alike are known beforehand. What is not
known is which of them the reference tells apart. Pairs are divided by the region of their first item and by how similar
they are, and Thompson sampling (Thompson 1933) learns from the verdicts so far which of these groups has the most blind
pairs; within a group the most similar pairs come first.

Shapes: ``N`` items, ``M`` pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

BANDS = 4  # of similarity, with as many pairs each
AT_ONCE = 8  # pairs of one question

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]  # first and second items (B,) -> similarity to the reference (B,)


def ask_in_turn(
    pairs: pd.DataFrame, region: np.ndarray, ask: Ask, below: float, verdicts: int, seed: int = 0
) -> pd.DataFrame:
    """Asks for ``verdicts`` of the pairs, those that promise most, each once.

    Args:
        pairs: ``first``, ``second`` and ``target``, the most similar first, as ``alike`` gives them.
        region: of each item ``(N,)``, an index; of one region where nothing is known.
        ask: the reference.
        below: blind pairs are less similar than this to the reference.
        verdicts: pairs to ask about; all where there are fewer.
        seed: of the draws.

    Returns:
        The pairs that were asked for, in their order, with a column ``reference``.
    """
    rng = np.random.default_rng(seed)
    group = groups(pairs, region)
    queues = [np.flatnonzero(group == number) for number in range(int(group.max(initial=-1)) + 1)]
    blind, seen = np.zeros(len(queues)), np.zeros(len(queues))
    order, told = [np.zeros(0, np.int64)], [np.zeros(0)]
    for number, rows in _turns(queues, blind, seen, verdicts, rng):
        ends = (pairs[end].to_numpy()[rows] for end in ("first", "second"))
        said = ask(*ends)
        blind[number] += (said < below).sum()
        seen[number] += len(rows)
        order.append(rows)
        told.append(said)
    asked = pairs.iloc[np.concatenate(order)].reset_index(drop=True)
    return asked.assign(reference=np.concatenate(told))


def groups(pairs: pd.DataFrame, region: np.ndarray) -> np.ndarray:
    """The group of each pair ``(M,)`` int64: its band of similarity within the region of its first item."""
    band = np.arange(len(pairs)) * BANDS // max(1, len(pairs))
    _, found = np.unique(region[pairs["first"].to_numpy(np.int64)] * BANDS + band, return_inverse=True)
    return found.astype(np.int64)


def _turns(
    queues: list[np.ndarray], blind: np.ndarray, seen: np.ndarray, verdicts: int, rng: np.random.Generator
) -> Iterator[tuple[int, np.ndarray]]:
    """Groups with the rows to ask about next; ``blind`` and ``seen`` are read anew each time."""
    left = [len(queue) for queue in queues]
    todo = min(verdicts, sum(left))
    while todo:
        open_ = [number for number, n in enumerate(left) if n]
        drawn = rng.beta(1 + blind[open_], 1 + seen[open_] - blind[open_])
        number = open_[int(drawn.argmax())]
        n = min(AT_ONCE, left[number], todo)
        start = len(queues[number]) - left[number]
        left[number] -= n
        todo -= n
        yield number, queues[number][start : start + n]
