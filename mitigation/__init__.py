"""Fine-tunes a target: chooses failures, trains on them beside clean data, and keeps what was learned."""

from failscape.mitigation.config import Method as Method
from failscape.mitigation.config import TrainingConfig as TrainingConfig
from failscape.mitigation.mode_selection import choose_modes as choose_modes
from failscape.mitigation.registry import fine_tune as fine_tune
from failscape.mitigation.registry import register_trainer as register_trainer
from failscape.mitigation.registry import training_config as training_config
from failscape.mitigation.trainers.base import Epoch as Epoch
from failscape.mitigation.trainers.base import Fitted as Fitted
from failscape.mitigation.trainers.base import Trainer as Trainer
