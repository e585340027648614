"""Runs an explorer in memory, for benchmarks: probes as a frame, and the agent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from failscape.agents import registry
from failscape.agents.registry import load_hyperparameters
from failscape.agents.session import Session
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.confirmation import confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.pair_mdp import PairMDP
from failscape.envs.recording import Recorder, item_rows
from failscape.envs.state import Outcome, State


class Kept(Recorder):
    """Keeps probes in memory, with the columns that a landscape needs."""

    def __init__(self, mdp: ConceptMDP, seed: int) -> None:
        super().__init__(None, mdp.space, seed=seed)
        self.frames: list[pd.DataFrame] = []

    def record(self, state: State, outcome: Outcome, cached: np.ndarray) -> None:
        """Take in one step."""
        columns = {
            "item": state.items.copy(),
            "point": self.space.index(state.points),
            "levels": [tuple(point) for point in state.points.tolist()],
            "failed": outcome.failed,
            "severity": outcome.severity,
            "propensity": self.propensity,
            "cached": cached,
        }
        self.frames.append(pd.DataFrame(columns))
        super().record(state, outcome, cached)


def explore(mdp: ConceptMDP, explorer: str, budget: int, seed: int) -> tuple[pd.DataFrame, Any]:
    """Probes of an exploration at the default settings, and its agent where there is one."""
    hyperparameters = load_hyperparameters(explorer, f"failscape/{family(mdp)}-v0", scheme=mdp.scheme.name)
    envs = ConceptVectorEnv(mdp, hyperparameters.pop("num_envs"), memory=hyperparameters.pop("memory"))
    hyperparameters.pop("budget")
    recorder = Kept(mdp, seed)
    envs.recorder = recorder
    agent = registry.explore(explorer, envs, Session(recorder, budget), seed, hyperparameters)
    return pd.concat(recorder.frames, ignore_index=True), agent


def family(mdp: ConceptMDP) -> str:
    """The environment whose defaults an exploration takes."""
    if isinstance(mdp, PairMDP):
        return "ClipBlindPairs"
    return "Summarizer" if (mdp.baseline.output_text != "").any() else "Classifier"


def item_frame(mdp: ConceptMDP) -> pd.DataFrame:
    """The items as a run's records hold them."""
    return pd.DataFrame(item_rows(mdp)).set_index("item").astype({"held_out": bool})


def explored_modes(mdp: ConceptMDP, explorer: str, budget: int, seed: int) -> tuple[Landscape, list[Mode]]:
    """The landscape of an exploration, and its failure modes, tried on held-out items."""
    probes, _ = explore(mdp, explorer, budget, seed)
    items = item_frame(mdp)
    probes = probes.join(items["group"], on="item")
    landscape = Landscape.from_probes(probes, mdp.space, items=items)
    found = find_modes(landscape, probes, items, mdp.group_names, valid=mdp.valid_cells)
    return landscape, list(confirm_modes(mdp, found, seed).modes)
