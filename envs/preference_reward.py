"""What people said as a reward: the model fitted in one run, for an agent that explores the same target and grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.envs.baseline import BaselineOutputs
from failscape.envs.identity import Identity
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.feedback.cases import Features
from failscape.feedback.reward_model import RewardModel
from failscape.rewards.base import Reward
from failscape.rewards.preference import PreferenceReward

# By reward: the file in the run folder.
MODEL_FILES = {"human": "reward_model.npz", "human-fsrl": "reward_model_fsrl.npz"}


def features_of(mdp: ConceptMDP) -> Features:
    """What a reward model is told of the failures of an environment."""
    return _features(mdp.baseline, mdp.items, mdp.space, len(mdp.group_names), mdp.reward)


def _features(baseline: BaselineOutputs, items: Items, space: ConceptSpace, n_classes: int, judge: Reward) -> Features:
    # What is wrong with a text is of another kind than its topic, and nothing tells one wrong from another but itself.
    kinds = judge.answer_names
    own, classes = baseline.parts(items.group, n_classes)
    answers = np.eye(len(kinds)) if kinds else classes if items.group_of is None else classes[items.group_of]
    return Features(own, classes, items.group, space, answers)


def describe_rated(mdp: ConceptMDP, preset: str) -> dict[str, Any]:
    """Plain values that say what was rated, for the model to keep."""
    return _about(mdp.target.name, mdp.items, mdp.space, preset)


def _about(target: str, items: Items, space: ConceptSpace, preset: str) -> dict[str, Any]:
    return {"reward": preset, "target": target, "items": items.fingerprint, "space": space.describe()}


def load_reward(
    name: str, target: str, items: Items, baseline: BaselineOutputs, space: ConceptSpace, n_groups: int, own: Reward
) -> Reward:
    """The reward ``human:RUN`` or ``human-fsrl:RUN``; what is a failure, ``own`` says.

    Raises:
        UsageError: RUN has no ratings, or they are of another target, other weights, other items or another grid.
    """
    preset, _, run = name.partition(":")
    folder = Path(run)
    if not run or not (folder / "config.yml").is_file():
        raise UsageError(
            f"--reward {name}: {run or 'nothing'} is not a run folder; give {preset}:RUN, a run that was rated"
        )
    path = folder / MODEL_FILES[preset]
    if not path.exists():
        what = "has no ratings of quality" if preset == "human-fsrl" else "has no ratings"
        raise UsageError(f"--reward {name}: {run} {what}; rate what it found: failscape feedback {run}")
    Identity.explored(folder).expect_weights(baseline.weights, run)
    model = RewardModel.load(path)
    mine = _about(target, items, space, preset)
    for key, words in {"target": "another target", "space": "another grid", "items": "other data"}.items():
        if model.about.get(key) != mine[key]:
            raise UsageError(
                f"--reward {name}: the ratings in {run} are of {words}; explore what was rated (its --target, --data "
                "and --concepts), or rate a run of this"
            )
    return PreferenceReward(model.mean, _features(baseline, items, space, n_groups, own), own)
