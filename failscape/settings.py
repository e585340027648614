"""The resolved configuration of a run, as ``config.yml`` keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium as gym

from failscape.common.code_names import code_of, import_option
from failscape.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a run does. A run is a function of this."""

    env: str
    explorer: str
    seed: int
    hyperparameters: dict[str, Any]  # of the explorer; among them num_envs, budget and memory
    make: dict[str, Any] = field(default_factory=dict)  # arguments of the environment that differ from its own
    imports: list[str] = field(default_factory=list)  # files and modules of the user's; never imported for being here
    digests: dict[str, str] = field(default_factory=dict)  # SHA-256 of their files, and of that of the env's module
    space: dict[str, Any] = field(default_factory=dict)  # the grid, so that a run can be read without its environment
    threads: int = 0  # of PyTorch: their number decides the last bits, and a resumed run must repeat them

    @property
    def import_option(self) -> str:
        """What a command that builds the environment again ends with: `` --import FILE``; nothing without user code."""
        return import_option(code_of(self.env, self.imports))

    def to_config(self) -> dict[str, Any]:
        """Plain values for YAML; objects are kept by their text, and such a run can be read but not repeated."""
        return _plain(asdict(self))

    @property
    def human_model(self) -> str:
        """What pays, in words, where that is a model of what people said; empty where it is not."""
        preset, _, run = str(self.make.get("reward") or "").partition(":")
        learned = {"human": "undesirability", "human-fsrl": "undesirability times quality"}
        return f"human model of {run} ({learned[preset]}, as people rated that run)" if preset in learned else ""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """What :meth:`to_config` gave."""
        known = cls.__dataclass_fields__
        for key in config:
            if key not in known:
                raise UsageError(f"config.yml has no key {key!r}{did_you_mean(key, known)}")
        missing = {"env", "explorer", "seed", "hyperparameters"} - set(config)
        if missing:
            raise UsageError(f"config.yml lacks {', '.join(sorted(missing))}: is the folder a run?")
        for key, value in config.items():
            if not isinstance(value, _KINDS[key]):
                raise UsageError(f"config.yml is damaged: its {key} is {type(value).__name__}")
        if not all(isinstance(name, str) for name in config.get("imports", [])):
            raise UsageError("config.yml is damaged: its imports are no names")
        return cls(**config)


_KINDS: dict[str, type] = {
    **dict.fromkeys(("env", "explorer"), str),
    **dict.fromkeys(("seed", "threads"), int),
    **dict.fromkeys(("hyperparameters", "make", "space", "digests"), dict),
    "imports": list,
}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value) if isinstance(value, Path) else repr(value)


def find_env(env_id: str) -> gym.envs.registration.EnvSpec:
    """The registered environment.

    The module of ``module:namespace/Name-v0`` is not imported, for the name may be a stranger's.

    Raises:
        UsageError: it is not registered, or not one of failscape's kind.
    """
    name = env_id.rpartition(":")[2]
    if name not in gym.registry:
        # Gymnasium's own environments are no answer to a misspelt name here.
        ours = [known for known, spec in gym.registry.items() if "make_mdp" in spec.kwargs]
        hint = did_you_mean(name, ours)
        raise UsageError(f"no environment {name!r}{hint} (python train.py --list shows all; --import FILE adds yours)")
    spec = gym.registry[name]
    if "make_mdp" not in spec.kwargs:
        raise UsageError(
            f"{name} is a Gymnasium environment that edits no concepts; register yours with fs.register_env"
        )
    return spec
