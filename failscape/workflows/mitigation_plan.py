"""What is to be mitigated, and how: written before a mitigation starts, so that it can go on."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from failscape.common.code_names import import_option
from failscape.common.safe_open import read_small
from failscape.errors import UsageError
from failscape.mitigation.config import TrainingConfig
from failscape.mitigation.registry import method_of, trainer_of

PLAN = "mitigation.yml"


@dataclass(frozen=True)
class Plan:
    """What is to be mitigated, and how: ``mitigation.yml``."""

    run: str  # folder
    target: str  # URI of the target as it was
    task: str  # of the target
    numbers: list[int]  # of the targeted modes
    modes: list[str]  # their names
    config: dict[str, Any]  # of the trainer for this task
    queries: int
    imports: list[str]  # what it was made with; never imported for being here
    digests: dict[str, str] = field(default_factory=dict)  # as a run's settings have them

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """The plan in a folder that :func:`~failscape.workflows.mitigate.mitigate` made."""
        path = folder / PLAN
        if not path.is_file():
            raise UsageError(f"{folder} holds no mitigation: it has no {PLAN}")
        try:
            known = yaml.safe_load(read_small(path))
            if "recipe" in known:
                raise UsageError(f"{path} was written by another version of failscape; mitigate again")
            if not all(isinstance(name, str) for name in known["imports"]):
                raise TypeError
            return cls(**known)
        except (yaml.YAMLError, TypeError, KeyError, UnicodeDecodeError):
            raise UsageError(f"{path} is damaged") from None

    def resume_command(self, folder: Path) -> str:
        """Goes on with it."""
        return shlex.join(["failscape", "mitigate", "--resume", str(folder)]) + import_option(self.imports)

    def fade_command(self, folder: Path) -> str:
        """Goes on from there once it is finished."""
        words = ["failscape", "fade", self.run, "--mitigated", str(folder)]
        return shlex.join(words) + import_option(self.imports)

    @property
    def training(self) -> TrainingConfig:
        """How the target is fine-tuned."""
        try:
            return trainer_of(self.task).config_class(**self.config)
        except TypeError:
            raise UsageError(f"the settings in {PLAN} are not those of the trainer for {self.task}") from None

    @property
    def meaning(self) -> str:
        """What learns, and how, as a person is told."""
        return method_of(self.task, self.training.method).meaning
