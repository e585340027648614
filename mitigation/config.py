"""The configuration of a fine-tune: everything that decides the outcome, besides target, data and failures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, get_type_hints

from failscape.errors import UsageError, did_you_mean


class Method(NamedTuple):
    """One way in which a trainer fine-tunes."""

    meaning: str  # what learns, and how, as a person is told
    defaults: Mapping[str, Any]  # settings that differ from the configuration's own


@dataclass(frozen=True)
class TrainingConfig:
    """What every trainer is told; a trainer's own configuration adds its settings.

    Values are words, numbers, and true or false, so that they stand in ``--set`` and in YAML.
    """

    method: str  # which of the trainer's
    validation: float = 0.15  # share of the explored items that only validates
    seed: int = 0

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {"validation": (0.01, 0.9)}  # of settings, inclusive

    def __post_init__(self) -> None:
        for name, (low, high) in self.bounds.items():
            self._check_range(name, low, high)

    @property
    def extent(self) -> str:
        """How long it may go on, as a person is told."""
        return "once"

    def taught(self, items: str) -> str:
        """What it is shown, as a person is told; ``items`` says how many are explored: ``about 400 pictures``."""
        return f"{items}, unedited and edited"

    @property
    def remedy(self) -> str:
        """What to try where it diverged."""
        return "other settings (--set)"

    def _check_range(self, name: str, low: float, high: float, exclusive: bool = False) -> None:
        value = getattr(self, name)
        if not low <= value <= high or (exclusive and value == low):
            raise UsageError(f"{name} must be between {low:g} and {high:g}, not {value:g}")


@dataclass(frozen=True)
class TorchConfig(TrainingConfig):
    """Settings of gradient descent. Half of each batch is edited, half as it was: the same items, in both."""

    optimizer: str = "adamw"  # or sgd, with momentum .9
    lr: float = 1e-3  # the highest; it rises over the first tenth of the steps and falls to 0 by a cosine
    weight_decay: float = 0.01
    epochs: int = 16  # at most
    batch_size: int = 64  # items; each is shown edited and, beside that, clean (or rehearsed)
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.98  # what answers is a running average of the weights that learn; this much is kept at a step
    patience: int = 5  # epochs without a better validation loss before it stops
    balance: bool = True  # draw rare classes as often as common ones
    rank: int = 8  # of LoRA's updates

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        **TrainingConfig.bounds,
        "epochs": (1, 10_000),
        "batch_size": (1, 65_536),
        "average": (0, 0.99999),
        "clip": (1e-9, 1e9),
        "patience": (1, 10_000),
        "rank": (1, 4096),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("lr", 0, 10, exclusive=True)
        if self.optimizer not in {"adamw", "sgd"}:
            raise UsageError(f"no optimizer {self.optimizer!r}: adamw or sgd")

    @property
    def extent(self) -> str:
        """How long it may go on, as a person is told."""
        return f"{self.epochs} epochs at most"

    @property
    def remedy(self) -> str:
        """What to try where it diverged."""
        return f"a lower learning rate: --set lr={self.lr / 10:g}"


def typed_settings(task: str, config: type[TrainingConfig], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a fine-tune for a task as their types want them.

    Raises:
        UsageError: the configuration has no such setting, or it is of another type.
    """
    hints = get_type_hints(config)
    known = {field.name: hints[field.name] for field in dataclasses.fields(config) if field.name != "method"}
    for name in settings:
        if name not in known:
            raise UsageError(f"a fine-tune for {task} has no setting {name!r}{did_you_mean(name, known)}")
    return {name: _typed(name, known[name], value) for name, value in settings.items()}


def _typed(name: str, wanted: type, value: Any) -> Any:
    """A setting as its type wants it; YAML reads ``1e-3`` as a word."""
    try:
        number = float(value) if wanted in {float, int} else value
        fits = not isinstance(value, bool) if wanted is not bool else isinstance(value, bool)
        if fits and (wanted is not int or number == int(number)):
            return int(number) if wanted is int else number
    except (TypeError, ValueError, OverflowError):
        pass
    meant = {float: "a number", int: "a whole number", bool: "true or false", str: "a word"}[wanted]
    raise UsageError(f"{name} is {meant}, not {value!r}")
