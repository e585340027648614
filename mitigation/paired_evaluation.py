"""Two versions of a target, shown the same held-out items, edited alike: what was mitigated, and what broke.

Shapes: ``N`` items, ``M`` pairs of item and edit, ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.modes.mode import Mode
from failscape.analysis.statistics.bootstrap import difference
from failscape.analysis.statistics.paired_effects import Cost, Effect, effect, effects_by
from failscape.common.nouns import PLAIN, Nouns
from failscape.concepts.space import UNEDITED
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.sampling import Failures, failures_of

BATCH = 256
ASKED = ("failed", "predicted", "confidence", "score")  # of an outcome
QUERIES = 20_000  # asked of either version at most
DRAWS = 10  # edits of each item in what was targeted, at most: one each would tell little of a mode of many points


@dataclass(frozen=True)
class BeforeAfter:
    """What either version did with held-out items.

    ``table`` has a row per pair: ``kind`` (``clean``, ``targeted``, ``mode`` or ``untouched``), ``mode`` (its number,
    or 0), ``item``, ``point`` (-1 unedited), and for either version ``failed``, ``predicted``, ``confidence`` and
    ``score`` (how right it was: the true class's probability, the score of a summary), ending in ``_before`` and
    ``_after``.
    """

    table: pd.DataFrame
    names: dict[int, str]  # of the targeted modes, by number
    labels: dict[int, str]  # of the untouched points, by row of the grid
    nouns: Nouns = PLAIN

    @cached_property
    def clean(self) -> Effect:
        """On unedited items."""
        return effect("unedited", *self._outcomes(self.table["kind"] == "clean"))

    @cached_property
    def clean_score(self) -> Effect:
        """How right it is on unedited items, on average, in [0, 1]; the interval is of a bootstrap over items.

        Where a failure is a loss beside what the version before said, that version fails on no unedited item, and only
        this shows whether the one after became better or worse there. ``p_value`` is NaN.
        """
        rows = self.table[self.table["kind"] == "clean"]
        before, after = (rows[f"score_{version}"].to_numpy(float) for version in ("before", "after"))
        change, low, high = difference(after, before)
        means = [float(scores.mean()) if len(scores) else float("nan") for scores in (before, after)]
        return Effect(self.nouns.score, means[0], means[1], change, low, high, float("nan"), len(rows))

    @cached_property
    def targeted(self) -> Effect:
        """On the items that a targeted mode holds, each edited at several of the points at which one does."""
        return effect("targeted failure modes", *self._outcomes(self.table["kind"] == "targeted"))

    @cached_property
    def excess_gone(self) -> float:
        """Share that went of the targeted failures beyond those of the same items unedited; NaN where there were none.

        Either version is compared with itself: unedited failures that went count for nothing.
        """
        items = self.table["item"][self.table["kind"] == "targeted"]
        alike = (self.table["kind"] == "clean") & self.table["item"].isin(items)
        unedited = effect("the same items unedited", *self._outcomes(alike))
        before, after = self.targeted.before - unedited.before, self.targeted.after - unedited.after
        return 1 - after / before if before > 0 else float("nan")

    @cached_property
    def modes(self) -> list[Effect]:
        """Mode by mode."""
        rows = self.table["kind"] == "mode"
        return effects_by(self.table["mode"][rows].map(self.names), *self._outcomes(rows))

    @cached_property
    def points(self) -> list[Effect]:
        """At each untouched point."""
        rows = self.table["kind"] == "untouched"
        return effects_by(self.table["point"][rows].map(self.labels), *self._outcomes(rows))

    @cached_property
    def untouched(self) -> Effect:
        """Over all untouched points."""
        return effect("untouched points", *self._outcomes(self.table["kind"] == "untouched"))

    @property
    def harmed(self) -> list[Effect]:
        """Untouched points that became worse by more than two points beyond their interval, the worst first."""
        return sorted((e for e in self.points if e.harmful), key=lambda e: -e.low)

    @property
    def costs(self) -> list[Cost]:
        """What became worse beyond its interval where nothing was targeted."""
        told = [
            (f"unedited {self.nouns.items} fail more often", self.clean, self.clean.low > 0),
            (
                f"the {self.clean_score.what} of unedited {self.nouns.items} fell",
                self.clean_score,
                self.clean_score.high < 0,
            ),
            ("untouched points fail more often on average", self.untouched, self.untouched.low > 0),
        ]
        return [Cost(what, e.before, e.after) for what, e, worse in told if worse]

    @property
    def new_failures(self) -> pd.DataFrame:
        """Rows that were right before and are wrong after, the surest answers first; an item and point once."""
        broken = self.table[self.table["failed_after"] & ~self.table["failed_before"]]
        return broken.sort_values("confidence_after", ascending=False).drop_duplicates(["item", "point"])

    @property
    def n_right(self) -> int:
        """Pairs of item and point that were right before, each once: of which :attr:`new_failures` are wrong after."""
        return len(self.table[~self.table["failed_before"]][["item", "point"]].drop_duplicates())

    def summary(self) -> dict[str, Any]:
        """The figures, as plain values."""
        return {
            "clean": vars(self.clean),
            "clean_score": vars(self.clean_score),
            "targeted": vars(self.targeted),
            "excess_gone": None if np.isnan(self.excess_gone) else self.excess_gone,
            "modes": [vars(e) for e in self.modes],
            "untouched": vars(self.untouched),
            "harmed": [vars(e) for e in self.harmed],
            "costs": [str(cost) for cost in self.costs],
            "n_new_failures": len(self.new_failures),
            "n_right": self.n_right,
        }

    def _outcomes(self, rows: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of some rows: failures before and after, and the items."""
        part = self.table[rows]
        return part["failed_before"].to_numpy(bool), part["failed_after"].to_numpy(bool), part["item"].to_numpy()


def measure(
    before: ConceptMDP,
    after: ConceptMDP,
    modes: Sequence[Mode],
    numbers: Sequence[int],
    *,
    queries: int = QUERIES,
    seed: int = 0,
    step: Callable[[int, int], None] | None = None,
) -> BeforeAfter:
    """Show held-out items to both versions: unedited, in the targeted modes, and at the other points.

    Args:
        before: the target as it was.
        after: fine-tuned; the same items and grid.
        modes: of the run before.
        numbers: of the targeted ones, from 1.
        queries: asked of either version at most; items are drawn where there are too many.
        seed: of the draws.
        step: hears pairs asked and all of them.

    Raises:
        UsageError: items or grids differ, nothing is held out, or there are fewer queries than parts to show.
    """
    same = before.items.names == after.items.names and before.space.describe() == after.space.describe()
    if not same:
        raise UsageError("before and after were not shown the same items and edits, so they cannot be paired")
    pairs = plan(before, [modes[n - 1] for n in numbers], numbers, queries, seed)
    outcomes = []
    for version, (name, mdp) in enumerate((("before", before), ("after", after))):
        told = partial(_told, step, version * len(pairs), 2 * len(pairs))
        outcomes.append(_ask(mdp, pairs, told).add_suffix(f"_{name}"))
    return BeforeAfter(
        pd.concat([pairs, *outcomes], axis=1),
        {n: modes[n - 1].name for n in numbers},
        {p: before.space.label(before.space.grid()[p]) for p in pairs["point"][pairs["kind"] == "untouched"].unique()},
        before.nouns,
    )


def plan(mdp: ConceptMDP, modes: Sequence[Mode], numbers: Sequence[int], queries: int, seed: int) -> pd.DataFrame:
    """Which held-out items are to be shown how: ``kind, mode, item, point``; within a mode no pair twice.

    A pair that two parts share is asked once, and no more than ``queries`` are.
    """
    rng = np.random.default_rng((seed, 4))
    held_out = np.flatnonzero(mdp.items.held_out & mdp.items.distinct)
    if not len(held_out):
        raise UsageError("no items are held out, so there is nothing to judge a fine-tune by")
    labels = mdp.items.group
    each_mode = [_cells(failures_of(mode.points, mode.classes, mdp.space), mdp) for mode in modes]
    aimed = np.any(each_mode, axis=0)
    draws = int(np.clip(queries // 2 // (len(held_out) * (1 + len(modes))), 1, DRAWS))
    parts = [_rows("clean", 0, held_out, np.full(len(held_out), UNEDITED))]
    parts.append(_rows("targeted", 0, *_drawn(aimed, held_out, labels, draws, rng)))
    parts += [
        _rows("mode", number, *_drawn(cells, held_out, labels, draws, rng))
        for number, cells in zip(numbers, each_mode, strict=True)
    ]
    spent, grid = sum(len(part) for part in parts), mdp.space.grid()
    each = int(np.clip((queries - spent) / mdp.space.n_points, 30, len(held_out)))
    for point in range(mdp.space.n_points):
        free = held_out[~aimed[point, labels[held_out]]]
        free = free[mdp.valid(np.tile(grid[point], (len(free), 1)), free)]
        if len(free):
            drawn = rng.permutation(free)[:each]
            parts.append(_rows("untouched", 0, drawn, np.full(len(drawn), point)))
    pairs = pd.concat(parts, ignore_index=True)
    items, rows = (pairs[name].to_numpy(np.int64, copy=True) for name in ("item", "point"))
    valid = mdp.valid(mdp.space.point(np.maximum(rows, 0)), items)
    return _within(pairs[(rows < 0) | valid].reset_index(drop=True), queries, rng)


def _within(pairs: pd.DataFrame, queries: int, rng: np.random.Generator) -> pd.DataFrame:
    """Pairs of which no more than ``queries`` are asked.

    Untouched points give up items by lot, the largest first; where that is not enough, the other parts do, too.
    """
    if len(pairs[["item", "point"]].drop_duplicates()) <= queries:
        return pairs
    untouched = pairs["kind"] == "untouched"
    part = pairs["kind"] + pairs["mode"].astype(str) + pairs["point"].where(untouched, 0).astype(str)
    points, others = part[untouched].value_counts().to_numpy(), part[~untouched].value_counts().to_numpy()
    n_parts = len(points) + len(others)
    if n_parts > queries:
        raise UsageError(
            f"{queries:,} queries are fewer than the {n_parts:,} parts that are compared (unedited, modes and "
            f"untouched points); give --queries {n_parts} or more"
        )
    at_points = _most(points, max(queries - others.sum(), len(points)))
    elsewhere = _most(others, queries - np.minimum(points, at_points).sum())
    lots = pd.Series(rng.permutation(len(pairs)), index=pairs.index)
    return pairs[lots.groupby(part).rank() <= np.where(untouched, at_points, elsewhere)].reset_index(drop=True)


def _most(sizes: np.ndarray, room: int) -> int:
    """How many each part may keep so that all of them fit."""
    return max((n for n in range(1, sizes.max(initial=0) + 1) if np.minimum(sizes, n).sum() <= room), default=0)


def _cells(failures: Sequence[Failures], mdp: ConceptMDP) -> np.ndarray:
    """Which cells with a right answer a mode holds: ``(P, C) bool``."""
    cells = np.zeros((mdp.space.n_points, int(mdp.items.group.max()) + 1), bool)
    for part in failures:
        cells[np.ix_(part.points, np.array(part.classes or range(cells.shape[1]), np.int64))] = True
    return cells if mdp.valid_cells is None else cells & mdp.valid_cells[:, : cells.shape[1]]


def _drawn(
    cells: np.ndarray, items: np.ndarray, labels: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Items and points, up to ``draws`` different ones of each item's own cells ``(P, C)``: ``(M,), (M,)``."""
    own = [rng.permutation(np.flatnonzero(cells[:, labels[item]]))[:draws] for item in items.tolist()]
    return np.repeat(items, [len(points) for points in own]), np.concatenate([np.zeros(0, np.int64), *own])


def _rows(kind: str, mode: int, items: np.ndarray, points: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "mode": mode, "item": items, "point": points})


def _told(step: Callable[[int, int], None] | None, offset: int, total: int, done: int) -> None:
    if step:
        step(offset + done, total)


def _ask(mdp: ConceptMDP, pairs: pd.DataFrame, step: Callable[[int], None]) -> pd.DataFrame:
    """Outcomes of pairs, in their order; pairs that come twice are asked once."""
    asked = pairs[["item", "point"]].drop_duplicates()
    items, rows = asked["item"].to_numpy(np.int64, copy=True), asked["point"].to_numpy(np.int64)
    points = np.where(rows[:, None] < 0, UNEDITED, mdp.space.point(np.maximum(rows, 0)))
    found = []
    for start in range(0, len(items), BATCH):
        batch = slice(start, start + BATCH)
        outcome = mdp.evaluate(mdp.at(items[batch], points[batch]))
        found.append(pd.DataFrame({name: getattr(outcome, name) for name in ASKED}))
        step(round(min(len(items), start + BATCH) / len(items) * len(pairs)))
    answers = pd.concat(found, ignore_index=True)
    answers.index = pd.MultiIndex.from_arrays([items, rows])
    return answers.loc[list(zip(pairs["item"], pairs["point"], strict=True))].reset_index(drop=True)
