"""The MDP of pairs: what is judged depends on the target's vectors of the unedited pictures, too."""

from __future__ import annotations

from failscape.envs.baseline import BaselineOutputs, first_look
from failscape.envs.evaluator import Evaluator
from failscape.envs.mdp import ConceptMDP
from failscape.rewards.pair_similarity import Blindness
from failscape.targets.base import Target


class PairMDP(ConceptMDP):
    """A concept-editing MDP whose reward is :class:`~failscape.rewards.pair_similarity.Blindness`.

    Around another target, the unedited pictures are embedded again; both thresholds stay as they are.
    """

    reward: Blindness

    def _like(self, target: Target, baseline: BaselineOutputs | None, evaluator: Evaluator | None = None) -> ConceptMDP:
        if target is self.target:
            return super()._like(target, baseline, evaluator)
        clean = first_look(target, self.items)
        reward = Blindness(clean, self.reward.above, self.reward.below)
        return PairMDP(
            target,
            self.space,
            self.items,
            reward,
            baseline or BaselineOutputs.of(target, clean, self.items, reward),
            self.data_name,
            self.scheme,
            nouns=self.nouns,
            evaluator=evaluator,
            caveats=self._own_caveats,
        )
