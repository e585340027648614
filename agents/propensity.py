"""How likely a recorded probe was, told to the recorder before each step.

Shapes: ``B`` environments, ``A`` actions.
"""

from __future__ import annotations

import numpy as np

from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder


class Propensity:
    """Keeps the probability of what was chosen since the target was last asked.

    Where several steps choose one point, axis by axis, it is the product over them. All environments are then at the
    same axis, and actions beyond an axis's levels wrap around, so that a level's probability is that of all actions
    which lead to it. On a walk it is the probability of the last step.
    """

    def __init__(self, mdp: ConceptMDP, recorder: Recorder) -> None:
        self.mdp, self.recorder = mdp, recorder
        self._steps = 0
        self._product: np.ndarray | float = 1.0

    def claim(self, probabilities: np.ndarray, actions: np.ndarray) -> None:
        """The next step takes ``actions`` ``(B,)``, drawn with ``probabilities`` ``(B, A)``."""
        n_steps = self.mdp.moves.n_steps
        if n_steps is None or n_steps == 1:
            self.recorder.propensity = probabilities[np.arange(len(actions)), actions]
            return
        n_levels = self.mdp.space.shape[self._steps]
        same = np.arange(probabilities.shape[1])[None] % n_levels == actions[:, None] % n_levels
        self._product = self._product * (probabilities * same).sum(axis=1)
        self._steps += 1
        if self._steps == n_steps:
            self.recorder.propensity = np.asarray(self._product)
            self._steps, self._product = 0, 1.0
