"""Adapters from a URI to a frozen model. What needs torch loads on first use, so that listing targets stays light."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from failscape.targets.registry import list_targets, load_target, register_target

if TYPE_CHECKING:
    from failscape.targets.base import ClassifierTarget, SummarizerTarget, Target, TorchTarget, TrainableTarget
    from failscape.targets.classifier import Classifier
    from failscape.targets.outputs import ClassifierOutputs, Outputs, SummarizerOutputs
    from failscape.targets.preprocess import Preprocess
    from failscape.targets.summarizer import Summarizer

__all__ = [
    "Classifier",
    "ClassifierOutputs",
    "ClassifierTarget",
    "Outputs",
    "Preprocess",
    "Summarizer",
    "SummarizerOutputs",
    "SummarizerTarget",
    "Target",
    "TorchTarget",
    "TrainableTarget",
    "list_targets",
    "load_target",
    "register_target",
]

_LAZY = {
    "Classifier": "failscape.targets.classifier",
    "ClassifierOutputs": "failscape.targets.outputs",
    "ClassifierTarget": "failscape.targets.base",
    "Outputs": "failscape.targets.outputs",
    "Preprocess": "failscape.targets.preprocess",
    "Summarizer": "failscape.targets.summarizer",
    "SummarizerOutputs": "failscape.targets.outputs",
    "SummarizerTarget": "failscape.targets.base",
    "Target": "failscape.targets.base",
    "TorchTarget": "failscape.targets.base",
    "TrainableTarget": "failscape.targets.base",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'failscape.targets' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
