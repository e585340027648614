"""How badly a target failed: an ``Evaluation`` in, reward, failure and severity out."""

from failscape.rewards.base import Evaluation as Evaluation
from failscape.rewards.base import Judgement as Judgement
from failscape.rewards.base import Reward as Reward
from failscape.rewards.classification import CLASSIFICATION_REWARDS as CLASSIFICATION_REWARDS
