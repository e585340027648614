"""Fine-tunes a target: chooses failures, trains on them beside clean data, and keeps what was learned."""

from failscape.mitigation.choice import choose_modes as choose_modes
from failscape.mitigation.lesson import Epoch as Epoch
from failscape.mitigation.lesson import Fitted as Fitted
from failscape.mitigation.lesson import Trainer as Trainer
from failscape.mitigation.recipe import Method as Method
from failscape.mitigation.recipe import TrainingConfig as TrainingConfig
from failscape.mitigation.registry import fine_tune as fine_tune
from failscape.mitigation.registry import register_trainer as register_trainer
from failscape.mitigation.registry import training_config as training_config
