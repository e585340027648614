"""Adapters from a URI to a frozen model. What needs torch loads on first use, so that listing targets stays light."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from failscape.targets.registry import list_targets, load_target, register_target

if TYPE_CHECKING:
    from failscape.targets.base import ClassifierTarget, Outputs, Summaries, SummarizerTarget, Target
    from failscape.targets.classifier import Classifier
    from failscape.targets.preprocess import Preprocess
    from failscape.targets.summarizer import Summarizer

__all__ = [
    "Classifier",
    "ClassifierTarget",
    "Outputs",
    "Preprocess",
    "Summaries",
    "Summarizer",
    "SummarizerTarget",
    "Target",
    "list_targets",
    "load_target",
    "register_target",
]

_LAZY = {
    "Classifier": "failscape.targets.classifier",
    "ClassifierTarget": "failscape.targets.base",
    "Outputs": "failscape.targets.base",
    "Preprocess": "failscape.targets.preprocess",
    "Summaries": "failscape.targets.base",
    "Summarizer": "failscape.targets.summarizer",
    "SummarizerTarget": "failscape.targets.base",
    "Target": "failscape.targets.base",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'failscape.targets' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
