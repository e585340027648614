"""The user's own code: imported where the user names it, and never because a run folder does.

A run folder may come from a stranger. What it was made with is told; what runs is what the command line names, or what
a Python program has imported or registered itself.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

import gymnasium as gym

from failscape.common.code_names import code_of, import_option
from failscape.common.safe_open import SMALL, regular
from failscape.errors import CodeNotNamed, Doubt, UsageError
from failscape.settings import Settings
from failscape.targets.registry import is_known


def with_code(settings: Settings, imports: Sequence[str], run: Path, *, all_needed: bool = False) -> Settings:
    """The settings of the run in a folder, once the code that the user names for it was imported.

    What stands in the settings is not imported. It may be here already, or not be needed: where the environment and the
    target are known without it, and not ``all_needed``, as where a trainer takes the place of one that comes along.

    Raises:
        CodeNotNamed: the environment or the target is unknown, and there is code that was not named.
    """
    import_user_code(imports)
    names = code_of(settings.env, settings.imports)
    missing = [name for name in names if name not in imports and not _is_loaded(name)]
    if missing and (not _is_complete(settings) or (all_needed and not imports)):
        option = import_option(missing)
        listed = option.removeprefix(" --import ")
        raise CodeNotNamed(f"{run} was made with {listed}, and a run folder starts no code", option)
    if missing and not imports:
        warnings.warn(
            f"{run} was made with{import_option(missing).removeprefix(' --import')}, which was not named: going on "
            "without",
            Doubt,
            stacklevel=2,
        )
    now = digests_of({*imports, *names}.difference(missing))
    for name, digest in settings.digests.items():
        if digest not in now.values() and (imports or name not in missing):
            shown = import_option([name]).removeprefix(" --import ")
            warnings.warn(f"{shown} is not what it was when {run} was made: answers may differ", Doubt, stacklevel=2)
    if imports:
        return dataclasses.replace(settings, imports=list(imports), digests=now)
    return dataclasses.replace(settings, digests={**settings.digests, **now})


def _is_complete(settings: Settings) -> bool:
    """Whether environment and target are registered."""
    target = settings.make.get("target")
    return settings.env.rpartition(":")[2] in gym.registry and (target is None or is_known(str(target)))


def digests_of(names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the files behind imported names; those that have none are left out."""
    files = {name: _file_of(name) for name in sorted(names)}
    return {
        name: hashlib.sha256(regular(path, SMALL).read_bytes()).hexdigest()
        for name, path in files.items()
        if path is not None and path.is_file()
    }


def _file_of(name: str) -> Path | None:
    if name.endswith(".py"):
        return Path(name)
    spec = sys.modules[name].__spec__ if name in sys.modules else None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def _is_loaded(name: str) -> bool:
    """Whether a module, or a file under whatever name, has been imported already."""
    if not name.endswith(".py"):
        return name in sys.modules
    path = os.path.realpath(name)
    files = [vars(module).get("__file__") for module in list(sys.modules.values()) if isinstance(module, ModuleType)]
    return any(isinstance(file, str) and os.path.realpath(file) == path for file in files)


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
