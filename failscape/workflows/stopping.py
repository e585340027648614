"""What Ctrl-C says of a run folder."""

from __future__ import annotations

import shlex

from failscape.common.format import counted
from failscape.errors import Stopped
from failscape.records.folder import RunFolder
from failscape.settings import Settings


def n_probes(folder: RunFolder) -> int:
    """How many probes a run folder holds."""
    if not (folder / "probes.sqlite").exists():
        return 0
    store = folder.store()
    try:
        return len(store)
    finally:
        store.close()


def stopped(folder: RunFolder, settings: Settings) -> KeyboardInterrupt:
    """What Ctrl-C raises where a run folder is there: what it holds, and how to go on."""
    count = n_probes(folder)
    held = counted(count, "probe")
    if not count:
        return KeyboardInterrupt()
    if folder.summary:
        return Stopped(f"{held} and what they show in {folder.path}", f"failscape landscape {folder.path}")
    return Stopped(f"{held} in {folder.path}", resume_command(folder, settings))


def resume_command(folder: RunFolder, settings: Settings) -> str:
    """What finishes a run."""
    return shlex.join(["failscape", "train", "--resume", str(folder.path)]) + settings.import_option
