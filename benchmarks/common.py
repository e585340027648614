"""What every benchmark shares: ``--json``, the rows that an issue asks for, the machine."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from failscape.records.folder import versions, write_json


class Row(NamedTuple):
    """One figure that must be shown; ``goal`` is a lower bound, or the most it may be."""

    name: str
    value: float
    goal: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure reaches its goal."""
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--json``."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    made.add_argument("--json", type=Path, help="write the figures here")
    return made


def machine() -> dict[str, str]:
    """Processor, cores in use, versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return {"processor": model, "cores": str(os.cpu_count()), **versions()}


def finish(path: Path | None, rows: list[Row], figures: Mapping[str, Any]) -> int:
    """Print the rows, write everything; returns 0 where every goal is met, else 1."""
    for row in rows:
        verdict, bound = ("ok  " if row.met else "MISS"), ("most" if row.at_most else "least")
        print(f"{verdict} {row.name}: {row.value:.4g} (goal: at {bound} {row.goal:g})")
    if path:
        must_show = [{"name": r.name, "value": float(r.value), "goal": r.goal, "met": bool(r.met)} for r in rows]
        write_json(path, {"must_show": must_show, **figures, "machine": machine()})
    return 0 if all(row.met for row in rows) else 1


def unseen_actions(
    items: np.ndarray, n_points: int, seen: set[tuple[int, int]], rng: np.random.Generator
) -> np.ndarray:
    """A random point for each item that it has not been tried at."""
    actions = []
    for item in items.tolist():
        action = int(rng.integers(n_points))
        while (item, action) in seen:
            action = int(rng.integers(n_points))
        seen.add((item, action))
        actions.append(action)
    return np.array(actions)
