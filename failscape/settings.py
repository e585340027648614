"""The resolved configuration of a run, as ``config.yml`` keeps it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium as gym

from failscape.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Settings:
    """Everything that decides what a run does. A run is a function of this."""

    env: str
    explorer: str
    seed: int
    hyperparameters: dict[str, Any]  # of the explorer; among them num_envs, budget and memory
    make: dict[str, Any] = field(default_factory=dict)  # arguments of the environment that differ from its own
    imports: list[str] = field(default_factory=list)  # files and modules of the user's
    space: dict[str, Any] = field(default_factory=dict)  # the grid, so that a run can be read without its environment
    threads: int = 0  # of PyTorch: their number decides the last bits, and a resumed run must repeat them

    def to_config(self) -> dict[str, Any]:
        """Plain values for YAML; objects are kept by their text, and such a run can be read but not repeated."""
        return _plain(asdict(self))

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
        return cls(**config)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value) if isinstance(value, Path) else repr(value)


def import_user_code(names: Iterable[str]) -> None:
    """Run the user's own modules, given as ``FILE.py`` or ``package.module``, so that they register themselves.

    Each runs once per process. A module that is installed nowhere is looked for in the working directory, which then
    stays on the path, for what it imports later; libraries would take optional modules from there, too.
    """
    for name in names:
        path = Path(name)
        if name.endswith(".py"):
            _import_file(path)
            continue
        if importlib.util.find_spec(name.partition(".")[0]) is None and os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise UsageError(f"cannot import {name}: {error}; give a file as --import FILE.py") from error


def _import_file(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"cannot import {path}: no such file")
    module_name = f"failscape_user_{path.stem}"
    known = sys.modules.get(module_name)
    if known is not None and known.__spec__ is not None and known.__spec__.origin == str(path.resolve()):
        return
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    if spec is None or spec.loader is None:
        raise UsageError(f"cannot import {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[module_name]
        if isinstance(error, UsageError) or not isinstance(error, Exception):
            raise
        raise UsageError(f"cannot import {path}: {type(error).__name__}: {error}") from error


def find_env(env_id: str) -> gym.envs.registration.EnvSpec:
    """The registered environment; ``module:namespace/Name-v0`` imports the module first, as Gymnasium does.

    Raises:
        UsageError: it is not registered, or not one of failscape's kind.
    """
    module, colon, name = env_id.rpartition(":")
    if colon:
        import_user_code([module])
    if name not in gym.registry:
        # Gymnasium's own environments are no answer to a misspelt name here.
        ours = [known for known, spec in gym.registry.items() if "make_mdp" in spec.kwargs]
        hint = did_you_mean(name, ours)
        raise UsageError(f"no environment {name!r}{hint} (python train.py --list shows all)")
    spec = gym.registry[name]
    if "make_mdp" not in spec.kwargs:
        raise UsageError(
            f"{name} is a Gymnasium environment that edits no concepts; register yours with fs.register_env"
        )
    return spec
