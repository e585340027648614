"""Explorers by name, and their hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml

from failscape.errors import UsageError, did_you_mean

EXPLORERS = {
    "dqn": "SB3 deep Q-learning; half of the budget stays uniform and feeds the landscape",
    "random": "uniform points of uniform items: the honest baseline",
    "scan": "every item at every point: the truth",
}


def load_hyperparameters(algo: str, env_id: str, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Hyperparameters of an explorer in an environment: ``default`` < the environment's own < ``overrides``.

    Raises:
        UsageError: an unknown explorer, or an override whose key the explorer does not have.
    """
    if algo not in EXPLORERS:
        raise UsageError(f"no explorer {algo!r}{did_you_mean(algo, EXPLORERS)}")
    text = resources.files("failscape.agents").joinpath(f"hyperparams/{algo}.yml").read_text()
    table = yaml.safe_load(text)
    values: dict[str, Any] = {**table["default"], **table.get(env_id, {})}
    for key, value in (overrides or {}).items():
        if key not in values:
            raise UsageError(f"{algo} has no setting {key!r}{did_you_mean(key, values)}")
        values[key] = value
    return values
