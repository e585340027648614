"""How a target is fine-tuned: everything that decides the outcome, besides target, data and failures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from failscape.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Recipe:
    """Settings of a fine-tune. Half of each batch is edited, half as it was: the same items, in both."""

    how: str  # which weights learn: head, full or lora
    optimizer: str = "adamw"  # or sgd, with momentum .9
    lr: float = 1e-3  # the highest; it rises over the first tenth of the steps and falls to 0 by a cosine
    weight_decay: float = 0.01
    epochs: int = 16  # at most
    batch_size: int = 64  # items; each is shown edited and, beside that, clean (or rehearsed)
    distill: float = 1.0  # weight of staying with the old answers on clean items; 0 for none; classifiers only
    rehearse: float = 0.0  # share of the other half that is edited elsewhere on the grid; summarizers only
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.98  # what answers is a running average of the weights that learn; this much is kept at a step
    patience: int = 5  # epochs without a better validation loss before it stops
    validation: float = 0.15  # share of the explored items that only judges
    balance: bool = True  # draw rare classes as often as common ones
    rank: int = 8  # of LoRA's updates
    seed: int = 0
    kind: str = "classifier"  # of target, or summarizer

    def __post_init__(self) -> None:
        bounds = {
            "lr": (0, 10),
            "epochs": (1, 10_000),
            "batch_size": (1, 65_536),
            "distill": (0, 1000),
            "rehearse": (0, 1),
            "average": (0, 0.99999),
            "clip": (1e-9, 1e9),
            "patience": (1, 10_000),
            "validation": (0.01, 0.9),
            "rank": (1, 4096),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high or (name == "lr" and value == 0):
                raise UsageError(f"{name} must be between {low:g} and {high:g}, not {value:g}")
        if self.kind not in RECIPES:
            raise UsageError(f"no kind of target {self.kind!r}{did_you_mean(self.kind, RECIPES)}")
        check(self.how, self.kind)
        if self.distill and self.kind == "summarizer":
            raise UsageError("distill is for classifiers; summarizers are taught their references on clean articles")
        if self.rehearse and self.kind == "classifier":
            raise UsageError("rehearse is for summarizers; classifiers stay with their old answers by distill")
        if self.optimizer not in {"adamw", "sgd"}:
            raise UsageError(f"no optimizer {self.optimizer!r}: adamw or sgd")


TEXTS = {"epochs": 16, "batch_size": 16, "distill": 0.0, "rehearse": 0.9, "average": 0.9, "patience": 3}
# By kind of target, then by name.
RECIPES: dict[str, dict[str, dict[str, Any]]] = {
    "classifier": {
        # FSRL (arXiv 2406.07145, released code) trains the last layer by SGD at 1e-3 with momentum .9.
        "head": {"optimizer": "sgd", "lr": 1e-3, "weight_decay": 0.0},
        "full": {"optimizer": "adamw", "lr": 1e-3},
        "lora": {"optimizer": "adamw", "lr": 3e-3},
    },
    # Found on validation items of the embedded summarizer (1.7 million weights, trained at 1e-3). Models of hundreds of
    # millions are fine-tuned at a thirtieth of that.
    "summarizer": {"full": {**TEXTS, "lr": 7e-4}, "lora": {**TEXTS, "lr": 3e-3, "rank": 32, "epochs": 24}},
}
MEANINGS = {
    "head": "the last layer only, by SGD, as Failures Are Fated does",
    "full": "all weights",
    "lora": "small updates of low rank beside every linear and convolutional layer, merged at the end",
}


def recipe(how: str, overrides: Mapping[str, Any] | None = None, kind: str = "classifier") -> Recipe:
    """The recipe named ``how`` for a kind of target, with changes.

    Raises:
        UsageError: an unknown name or setting, or a value out of range.
    """
    check(how, kind)
    known = {field.name: str(field.type) for field in dataclasses.fields(Recipe) if field.name not in {"how", "kind"}}
    for name in overrides or {}:
        if name not in known:
            raise UsageError(f"a fine-tune has no setting {name!r}{did_you_mean(name, known)}")
    changes = {name: _typed(name, known[name], value) for name, value in (overrides or {}).items()}
    return Recipe(**{**RECIPES[kind][how], **changes, "how": how, "kind": kind})


def _typed(name: str, wanted: str, value: Any) -> Any:
    """A setting as its type wants it; YAML reads ``1e-3`` as a word."""
    try:
        number = float(value) if wanted in {"float", "int"} else value
        fits = not isinstance(value, bool) if wanted != "bool" else isinstance(value, bool)
        if fits and (wanted != "int" or number == int(number)):
            return int(number) if wanted == "int" else number
    except (TypeError, ValueError, OverflowError):
        pass
    meant = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "a word"}[wanted]
    raise UsageError(f"{name} is {meant}, not {value!r}")


def kind_of(target: Any) -> str:
    """``summarizer`` for a target that can be taught what to write, else ``classifier``."""
    return "summarizer" if hasattr(target, "encode_labels") else "classifier"


def check(how: str, kind: str = "classifier") -> None:
    """Refuse a way to mend that there is not.

    Raises:
        UsageError: it is unknown, or not for this kind of target.
    """
    ways = list(RECIPES["classifier"])
    if how not in ways:
        raise UsageError(f"no way to mend {how!r}{did_you_mean(how, ways)}: one of {', '.join(ways)}")
    if how not in RECIPES[kind]:
        raise UsageError(f"a {kind} cannot be mended by its last layer alone: --how {' or '.join(RECIPES[kind])}")
