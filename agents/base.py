"""What explorers share: how they are called, and what the ones that learn can be asked afterwards.

Shapes: ``N`` items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.records.policy import PolicyTable


class Learner(Protocol):
    """What an explorer has learned."""

    @property
    def n_updates(self) -> int:
        """How often it learned something; an explorer with 0 has nothing to say."""
        ...

    def best(self, mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
        """The grid row to try on each unedited item, ``(N,) -> (N,)`` int64; -1 where an episode ends off the grid."""
        ...

    def policy(self, mdp: ConceptMDP, items: np.ndarray) -> PolicyTable | None:
        """What it thinks of each point, averaged over items; None where it thinks in other terms."""
        ...

    def save(self, path: Path) -> None:
        """Write what was learned as tensors (safetensors)."""
        ...


# (envs, session, seed, hyperparameters): spends the session's budget; equal arguments explore alike.
Explore: TypeAlias = Callable[[ConceptVectorEnv, Session, int, Mapping[str, Any]], Learner | None]
