"""Greedy best-first search for the smallest edit that breaks each item.

Shapes: ``B`` items searched side by side, ``K`` concepts, ``P`` points.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import neighbours, steps_between
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP

Point = tuple[int, ...]
BROKEN = 0.5  # severity at which the margin changes sign


class Typical:
    """How badly the target does at each point, over the items searched so far: what one item teaches of the next."""

    def __init__(self, space: ConceptSpace) -> None:
        self.space = space
        self.total, self.count = np.zeros(space.shape), np.zeros(space.shape)

    def add(self, point: Point, severity: float) -> None:
        """Take in an outcome."""
        self.total[point] += severity
        self.count[point] += 1

    def gain(self, after: Point, before: Point) -> float:
        """By how much severity is expected to rise from one point to another; 0 while nothing is known."""
        if not (self.count[after] and self.count[before]):
            return 0.0
        return float(self.total[after] / self.count[after] - self.total[before] / self.count[before])


class Search:
    """One item's search, asked for one point after another.

    It opens the neighbour that promises to break the item in the fewest levels: those walked so far, plus those that
    the severity still lacks at ``slope`` per level. From the first failure it descends: any failing neighbour nearer to
    the origin takes its place, until none fails.

    Args:
        home: the origin, ``(K,)``.
        severity: of the unedited item.
        typical: shared by all searches.
        slope: severity that a level is expected to bring; a small one is greedy, a large one is exhaustive.
        patience: points asked without a failure before the item is given up.
        valid: whether the item has a right answer at points ``(B, K)``: others are never asked.
        first: a point known to fail, to descend from; the search begins at the origin when omitted.
        deepest: most levels from the origin that a walk may go.
    """

    def __init__(
        self,
        home: np.ndarray,
        severity: float,
        typical: Typical,
        slope: float,
        patience: int,
        valid: Callable[[np.ndarray], np.ndarray],
        first: Point | None = None,
        deepest: float = math.inf,
    ) -> None:
        self.home, self.typical, self.slope, self.patience = tuple(home.tolist()), typical, slope, patience
        self.deepest, self.valid = deepest, valid
        self.known: dict[Point, float] = {}  # severity of what was asked
        self.open: list[tuple[float, Point]] = []
        self.best: Point | None = None
        self._queued: set[Point] = {self.home}
        if first is None:
            typical.add(self.home, severity)
            self._expand(self.home, severity)
        else:
            self.open.append((0.0, first))

    def depth(self, point: Point) -> int:
        """Levels from the origin."""
        return int(steps_between(self.typical.space, np.array([point]), np.array(self.home)).sum())

    def next(self) -> Point | None:
        """The point to ask next; None where the search is over."""
        if self.best is None and len(self.known) >= self.patience:
            return None
        while self.open:
            _, point = heapq.heappop(self.open)
            if point not in self.known:
                return point
        return None

    def tell(self, point: Point, severity: float, failed: bool) -> None:
        """Take in what the target did."""
        self.known[point] = severity
        self.typical.add(point, severity)
        if failed:
            self.best, self.open = point, []
            self._queued = set(self.known)
            self._queue([p for p in self._neighbours(point) if self.depth(p) < self.depth(point)], point, severity)
        elif self.best is None:
            self._expand(point, severity)

    def _expand(self, point: Point, severity: float) -> None:
        outward = [p for p in self._neighbours(point) if self.depth(p) > self.depth(point)]
        self._queue(outward, point, severity)

    def _queue(self, points: list[Point], parent: Point, severity: float) -> None:
        for point in points:
            if point not in self._queued and self.depth(point) <= self.deepest:
                self._queued.add(point)
                lacking = BROKEN - severity - self.typical.gain(point, parent)
                heapq.heappush(self.open, (self.depth(point) + lacking / self.slope, point))

    def _neighbours(self, point: Point) -> list[Point]:
        inside = neighbours(self.typical.space, point)
        return [p for p, valid in zip(inside, self.valid(np.array(inside)), strict=True) if valid]


def _valid(mdp: ConceptMDP, item: int, points: np.ndarray) -> np.ndarray:
    return mdp.valid(points, np.full(len(points), item))


def explore_best_first(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Search the smallest failing edit of one item after another, ``envs.num_envs`` at a time.

    Args:
        envs: of a walk.
        session: counts the budget; it ends early once every item was searched.
        seed: of the order of the items.
        hyperparameters: ``slope`` and ``patience`` of :class:`Search`.
    """
    mdp = envs.mdp
    home, starts, typical = mdp.scheme.origin, mdp.scheme.starts, Typical(mdp.space)
    assert home is not None
    waiting = np.random.default_rng(seed).permutation(explorable(mdp)).tolist()

    def begin() -> tuple[int, Search, Point] | None:
        while waiting:
            item = int(waiting.pop())
            severity, first = float(mdp.baseline.severity[item]), None
            if starts is not None:
                first = tuple(starts[item].tolist())
            deepest = mdp.scheme.path_length or math.inf
            valid = partial(_valid, mdp, item)
            search = Search(home, severity, typical, **hyperparameters, valid=valid, first=first, deepest=deepest)
            point = search.next()
            if point is not None:
                return item, search, point
        return None

    running = [job for job in (begin() for _ in range(envs.num_envs)) if job]
    while running and not session.done:
        items = np.array([item for item, _, _ in running], np.int64)
        state = mdp.at(items, np.array([point for _, _, point in running], np.int64))
        outcome, cached = envs.evaluator.ask(mdp.probes(state))
        session.recorder.propensity = np.ones(len(running))  # the search is the same whatever the dice say
        session.recorder.record(state, outcome, cached)
        session.tick({})
        following = []
        for (item, search, point), severity, failed in zip(running, outcome.severity, outcome.failed, strict=True):
            search.tell(point, float(severity), bool(failed))
            after = search.next()
            job = (item, search, after) if after is not None else begin()
            following += [job] if job else []
        running = following
