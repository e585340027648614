"""Adapters from a URI to a frozen model. What needs torch loads on first use, so that listing targets stays light."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from failscape.targets.registry import list_targets, load_target, register_target

if TYPE_CHECKING:
    from failscape.targets.base import Target, TorchTarget, TrainableTarget
    from failscape.targets.classifiers.base import ClassifierTarget
    from failscape.targets.classifiers.classifier import Classifier
    from failscape.targets.classifiers.preprocess import Preprocess
    from failscape.targets.encoders.base import Encoder
    from failscape.targets.outputs import ClassifierOutputs, EncoderOutputs, Outputs, SummarizerOutputs
    from failscape.targets.summarizers.base import SummarizerTarget
    from failscape.targets.summarizers.summarizer import Summarizer

__all__ = [
    "Classifier",
    "ClassifierOutputs",
    "ClassifierTarget",
    "Encoder",
    "EncoderOutputs",
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
    "Classifier": "failscape.targets.classifiers.classifier",
    "ClassifierOutputs": "failscape.targets.outputs",
    "ClassifierTarget": "failscape.targets.classifiers.base",
    "Encoder": "failscape.targets.encoders.base",
    "EncoderOutputs": "failscape.targets.outputs",
    "Outputs": "failscape.targets.outputs",
    "Preprocess": "failscape.targets.classifiers.preprocess",
    "Summarizer": "failscape.targets.summarizers.summarizer",
    "SummarizerOutputs": "failscape.targets.outputs",
    "SummarizerTarget": "failscape.targets.summarizers.base",
    "Target": "failscape.targets.base",
    "TorchTarget": "failscape.targets.base",
    "TrainableTarget": "failscape.targets.base",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'failscape.targets' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
