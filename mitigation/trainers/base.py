"""What a trainer is: it fine-tunes the targets of a task, and says how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from safetensors.torch import save_file

from failscape.envs.mdp import ConceptMDP
from failscape.mitigation.config import Method, TrainingConfig
from failscape.mitigation.sampling import Failures
from failscape.targets.registry import with_weights

WEIGHTS = "model.safetensors"

Step = Callable[[int, int], None]  # steps taken, and all of them


class Epoch(NamedTuple):
    """Where a fine-tune stands after an epoch; number 0 is before it."""

    number: int
    train_loss: float  # NaN for number 0
    loss: float  # of validation: mean of items edited where they fail, and of others
    clean_error: float  # share of clean validation items that fail
    edited_error: float
    best: bool  # lowest validation loss so far


Tell = Callable[[Epoch], None]


class Saved(NamedTuple):
    """What a fine-tune left on disk."""

    uri: str  # of the fine-tuned target, as ``--target`` takes it
    files: str  # what they hold: a sentence for the model card, in Markdown


Save = Callable[[Mapping[str, torch.Tensor], Path, str], Saved]


def save_weights(weights: Mapping[str, torch.Tensor], folder: Path, uri: str) -> Saved:
    """Write all weights into one file of ``folder``; ``uri`` is that of the target as it was."""
    save_file(dict(weights), folder / WEIGHTS)
    changed = with_weights(uri, str(folder / WEIGHTS))
    return Saved(changed, f"`{WEIGHTS}` holds all weights under the names of the original module.")


class Fitted(NamedTuple):
    """The end of a fine-tune. The target is as it was; ``target.with_weights(fitted.weights)`` is what it became."""

    history: list[Epoch]
    best: int  # number of the epoch whose weights are kept
    diverged: bool  # it was given up, and the weights are the target's own
    n_weights: int  # that learned
    weights: dict[str, torch.Tensor]  # on the CPU, of those that are tied to one another the first
    save: Save = save_weights  # writes them, or what they became by, into a folder


class Trainer(Protocol):
    """How targets of a task are fine-tuned: any way of learning, with gradients or without.

    Made for one fine-tune, from the target with its items and edits, the failures it is aimed at, and how.
    """

    config_class: ClassVar[type[TrainingConfig]]
    methods: ClassVar[Mapping[str, Method]]  # by the name that --method takes, the default first

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: Any) -> None: ...

    def fit(self, folder: Path | None = None, *, tell: Tell | None = None, step: Step | None = None) -> Fitted:
        """Fine-tune on the items that are not held out; a function of what the trainer was made from.

        Args:
            folder: where it may keep its state, to go on from there after a kill with the same end.
            tell: hears each epoch.
            step: hears steps taken and all of them.

        Raises:
            UsageError: the target or the items are not such as can be fine-tuned, or a device has no memory left.
        """
        ...
