"""What of the user's own code a run was made with, and how a command names it. Imports nothing of ours."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def code_of(env: str, imports: Sequence[str]) -> list[str]:
    """Files and modules that a run was made with: what was imported, and the module of ``module:namespace/Name-v0``."""
    module, colon, _ = env.rpartition(":")
    return [*imports, *([module] if colon and module not in imports else [])]


def import_option(names: Sequence[str]) -> str:
    """`` --import FILE ...`` for the end of a command; nothing where there is nothing to name.

    The names may be a stranger's: none becomes an option, a second command or a sign that steers a terminal.
    """
    return "".join([" --import", *(f" {_word(name)}" for name in names)]) if names else ""


def _word(name: str) -> str:
    printable = name if name.isprintable() else ascii(name)[1:-1]
    return shlex.quote(f"./{printable}" if printable.startswith("-") else printable)
