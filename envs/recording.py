"""Records every step of a vector environment, and keeps the counts that a budget is made of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from failscape.concepts import ConceptSpace
from failscape.envs.cached_evaluator import Recorded
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome, State
from failscape.records.probe_arrays import paths_of, points_of
from failscape.records.probes import ProbeStore


class Recorder:
    """Writes probes as they are made; an explorer says with :attr:`propensity` how likely its choice was.

    Args:
        store: where probes go; None only counts.
        space: names the points.
        seed: of the run, kept in each row.
        n_recorded: steps that the store holds already and that are being replayed.
    """

    def __init__(self, store: ProbeStore | None, space: ConceptSpace, *, seed: int = 0, n_recorded: int = 0) -> None:
        self.store, self.space, self.seed, self.n_recorded = store, space, seed, n_recorded
        self.propensity: np.ndarray | None = None  # (B,) for the next step only
        self.n_steps = self.n_probes = self.n_queries = self.n_failures = 0
        self.failing: set[tuple[int, int]] = set()  # (item, point) pairs found to fail
        self.visits = np.zeros(space.n_points, np.int64)

    def weigh(self, crowding: np.ndarray | None) -> None:
        """Take into account how many points lead to those of the next step, as :meth:`ConceptMDP.crowding` says."""
        if crowding is not None:
            self.propensity = crowding if self.propensity is None else self.propensity * crowding

    def record(self, state: State, outcome: Outcome, cached: np.ndarray) -> None:
        """Take in one step of ``B`` probes."""
        points = self.space.index(state.points)
        if self.store is not None and self.n_steps >= self.n_recorded:
            self.store.append(self._rows(state, points, outcome, cached))
        self.propensity = None
        self.n_steps += 1
        self.n_probes += len(points)
        self.n_queries += int((~cached).sum())
        self.n_failures += int(outcome.failed.sum())
        self.failing.update(zip(state.items[outcome.failed].tolist(), points[outcome.failed].tolist(), strict=True))
        np.add.at(self.visits, points[points >= 0], 1)

    def _rows(self, state: State, points: np.ndarray, outcome: Outcome, cached: np.ndarray) -> dict[str, Any]:
        n = len(points)
        return {
            "step": [self.n_steps] * n,
            "slot": range(n),
            "item": state.items,
            "point": points,
            "levels": state.points.tolist(),
            "strengths": [[_short(x) for x in row] for row in self.space.strengths(state.points, state.items).tolist()],
            "moves": state.steps,
            "path": [[a for a in path if a >= 0] for path in state.history.tolist()],
            "propensity": [None] * n if self.propensity is None else self.propensity,
            "seed": [self.seed] * n,
            "time": [time.time()] * n,
            "cached": cached.astype(np.int64),
            "failed": outcome.failed.astype(np.int64),
            **{key: getattr(outcome, key) for key in ("severity", "reward", "predicted", "confidence", "score")},
            "output_text": [text or None for text in outcome.output_text],
            "input_truncated": outcome.input_truncated.astype(np.int64),
            "extra": [{}] * n,
        }


def _short(strength: float) -> float:
    """Six significant digits, so that records can be read; NaN where a concept is not applied."""
    return float(f"{strength:.6g}")


def recorded_steps(store: ProbeStore) -> Iterator[Recorded]:
    """The steps in ``store`` as :class:`~failscape.envs.cached_evaluator.CachedEvaluator` replays them."""
    for rows in store.steps():
        outcome = Outcome(
            reward=rows["reward"].to_numpy(np.float32),
            failed=rows["failed"].to_numpy(bool),
            severity=rows["severity"].to_numpy(np.float32),
            predicted=rows["predicted"].to_numpy(np.int64),
            confidence=rows["confidence"].to_numpy(np.float32),
            score=rows["score"].to_numpy(np.float32),
            output_text=rows["output_text"].fillna("").to_numpy(object),
            input_truncated=rows["input_truncated"].to_numpy(bool),
        )
        items = rows["item"].to_numpy(np.int64)[:, None]
        yield Recorded(items, points_of(rows), outcome, rows["cached"].to_numpy(bool))


def recorded_state(mdp: ConceptMDP, rows: pd.DataFrame) -> State:
    """The states that recorded probes were asked in."""
    state = mdp.at(np.array(rows["item"], np.int64), points_of(rows))
    if not mdp.scheme.path_length:
        return state
    history = state.history.copy()
    paths = paths_of(rows)
    history[:, : paths.shape[1]] = paths
    return state._replace(history=history, steps=np.array(rows["moves"], np.int64))


def item_rows(mdp: ConceptMDP) -> dict[str, Any]:
    """What the store keeps of each item."""
    items, n = mdp.items, len(mdp.items)
    layout = items.layout
    return {
        "item": np.arange(len(items)),
        "name": items.names,
        "group": items.group,
        "held_out": items.held_out.astype(np.int64),
        "predicted": mdp.baseline.predicted,
        "failed": _or_nothing(mdp.baseline.failed.astype(np.int64), mdp) if mdp.has_unedited else [None] * n,
        "score": mdp.baseline.score if mdp.has_unedited else [None] * n,
        "output_text": [text or None for text in mdp.baseline.output_text.tolist()],
        "cluster": ([None] * n if items.original is None else items.original) if layout is None else layout.cluster,
        "unit": [None] * n if layout is None else layout.unit,
        "home": [None] * n if layout is None else layout.point,
    }


def _or_nothing(failed: np.ndarray, mdp: ConceptMDP) -> list[int | None]:
    """Verdicts on unedited items ``(N,)``; None where there is none."""
    known = ~np.isnan(mdp.baseline.severity)
    return [value if judged else None for value, judged in zip(failed.tolist(), known.tolist(), strict=True)]
