"""How likely a recorded probe was, told to the recorder before each step.

Shapes: ``B`` environments, ``A`` actions.
"""

from __future__ import annotations

import numpy as np

from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder


class Propensity:
    """Keeps the probability of what was chosen since the target was last asked.

    Where several steps choose one point, axis by axis, it is the product over them; all environments are then at the
    same axis. On a walk it is the probability of the last step.
    """

    def __init__(self, mdp: ConceptMDP, recorder: Recorder) -> None:
        self.mdp, self.recorder = mdp, recorder
        self._steps = 0
        self._product: np.ndarray | float = 1.0

    @property
    def n_choices(self) -> int:
        """Different things that the next step can do: axis by axis, actions beyond an axis's levels wrap around."""
        return self.mdp.scheme.n_choices(self._steps)

    def claim(self, chances: np.ndarray) -> None:
        """The next step does what had these probabilities, ``(B,)``, given the episode before it."""
        self._product = self._product * chances
        self._steps += 1
        if self._steps == (self.mdp.scheme.n_steps or 1):
            self.recorder.propensity = np.asarray(self._product)
            self._steps, self._product = 0, 1.0


def chances(probabilities: np.ndarray, actions: np.ndarray, n_choices: int) -> np.ndarray:
    """Probability of what ``actions`` do, by all actions that do the same: ``(B, A), (B,) -> (B,)``."""
    same = np.arange(probabilities.shape[1])[None] % n_choices == actions[:, None] % n_choices
    return np.asarray((probabilities * same).sum(axis=1))
