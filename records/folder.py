"""The run folder: everything to reproduce a run and to read it."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from failscape.common.safe_open import read_small
from failscape.common.visible import well_formed
from failscape.errors import UsageError
from failscape.records.artifacts import ArtifactStore
from failscape.records.migrations import arguments_up_to_date, summary_up_to_date
from failscape.records.probes import ARTIFACTS, ProbeStore

PACKAGES = ("gymnasium", "stable-baselines3", "torch", "torchvision", "transformers", "numpy", "scikit-learn", "POT")


class RunFolder:
    """Paths and small files of one run. The folder must exist; :meth:`create` makes one."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / "config.yml").is_file():
            raise UsageError(f"{self.path} is not a run folder: it has no config.yml")

    @classmethod
    def create(cls, root: Path, stem: str, config: Mapping[str, Any], command: Sequence[str]) -> RunFolder:
        """A new folder ``root/stem-0``, or the first number that is free."""
        with filled_folder(root, stem) as path:
            (path / "command.txt").write_text(well_formed(shlex.join(command)) + "\n", encoding="utf-8")
            write_json(path / "versions.json", versions())
            # Last, because its presence makes the folder a run.
            write_whole(path / "config.yml", yaml.safe_dump(dict(config), sort_keys=False))
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        try:
            config = yaml.safe_load(read_small(self.path / "config.yml"))
        except (yaml.YAMLError, UnicodeDecodeError):
            config = None
        if not isinstance(config, dict):
            raise UsageError(f"{self.path / 'config.yml'} holds no settings: the file is damaged")
        made = config.get("make")
        return config | ({"make": arguments_up_to_date(made)} if isinstance(made, dict) else {})

    def store(self, *, read_only: bool = True) -> ProbeStore:
        """The probes."""
        return ProbeStore(self.path / "probes.sqlite", read_only=read_only)

    @property
    def artifacts(self) -> ArtifactStore:
        """What the target put out that is no text."""
        return ArtifactStore(self.path / ARTIFACTS)

    @property
    def summary(self) -> dict[str, Any]:
        """``summary.json``; empty while the run is not finished."""
        file = self.path / "summary.json"
        return summary_up_to_date(json.loads(read_small(file))) if file.exists() else {}

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write ``summary.json``: a function of configuration and seed, so no clock goes in."""
        write_json(self.path / "summary.json", summary)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"


def new_folder(root: Path, stem: str) -> Path:
    """Make ``root/stem-0``, or the first number that is free."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.") or "run"
    writable(root)
    number = 0
    while True:
        path = root / f"{stem}-{number}"
        try:
            path.mkdir(parents=True)
            return path
        except FileExistsError:
            number += 1
        except OSError as error:
            raise UsageError(f"cannot make {path}: {error.strerror}") from error


@contextmanager
def filled_folder(root: Path, stem: str) -> Iterator[Path]:
    """A :func:`new_folder` to put its first files into; where that is interrupted or fails, none is left."""
    path = new_folder(root, stem)
    try:
        yield path
    except BaseException:
        shutil.rmtree(path)
        raise


def writable(folder: Path) -> Path:
    """The folder itself, where all that is written into runs can be: TensorBoard knows no names but those in UTF-8.

    Raises:
        UsageError: its name is in another encoding.
    """
    if well_formed(str(folder)) != str(folder):
        raise UsageError(f"{folder} has a name that is not UTF-8, which TensorBoard cannot write to; rename it")
    return folder


def write_json(path: Path, values: Any) -> None:
    """Write JSON whole or not at all; null stands for NaN and infinity, which JSON does not know."""
    write_whole(path, json.dumps(_finite(values), indent=2, allow_nan=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, whenever the process is killed."""
    partial = path.with_suffix(".partial")
    partial.write_text(well_formed(text), encoding="utf-8")
    os.replace(partial, path)


def _finite(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def versions() -> dict[str, str]:
    """What the run was made with: Python, machine, packages, git revision."""
    found = {"python": sys.version.split()[0], "platform": platform.platform(), "cpus": str(os.cpu_count())}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    found["git"] = _git_revision()
    return found


def _git_revision() -> str:
    here = Path(__file__).resolve().parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return run.stdout.strip()
