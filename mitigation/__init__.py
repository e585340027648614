"""Mends a target: chooses failures, fine-tunes on them beside clean data, and keeps what it learned."""

from failscape.mitigation.choice import choose_modes as choose_modes
from failscape.mitigation.finetune import Tuned as Tuned
from failscape.mitigation.finetune import fine_tune as fine_tune
from failscape.mitigation.lesson import Epoch as Epoch
from failscape.mitigation.recipe import Recipe as Recipe
from failscape.mitigation.recipe import recipe as recipe
