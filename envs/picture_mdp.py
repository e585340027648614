"""The MDP of targets that draw.

Shapes: ``B`` probes, ``H, W`` picture.
"""

from __future__ import annotations

import torch

from failscape.data.prompts.batch import Prompts
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import State
from failscape.rewards.pictures.bias import BiasReward
from failscape.rewards.pictures.reward import PictureReward


class PictureMDP(ConceptMDP):
    """A concept-editing MDP whose reward judges pictures, one by one or by panels."""

    reward: PictureReward | BiasReward

    def prompts(self, state: State) -> Prompts:
        """The prompts of probes as the target reads them."""
        edited = self.edited(state, self.inputs(state))
        assert isinstance(edited, Prompts)
        return edited

    def draw(self, state: State) -> torch.Tensor:
        """What the target draws for probes: ``(B, 3, H, W)`` uint8, of panels ``(B, M, 3, H, W)``."""
        outputs = self.target(self.prompts(state).inputs, seeds=state.seeds.tolist())
        pictures: torch.Tensor = outputs.pictures  # type: ignore[attr-defined]
        return pictures
