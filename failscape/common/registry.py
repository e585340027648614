"""Things by name, which users may add to: one rule for a name that is taken, one line for a name that is unknown."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from failscape.errors import UsageError, did_you_mean

V = TypeVar("V")


class Registry(dict[str, V]):
    """Entries by name, in the order in which they were added.

    Args:
        entries: those that come with failscape.
        unknown: what :meth:`find` says of a name that is not there, before the closest one: ``no explorer {name!r}``.
        taken: what :meth:`add` says of a name that another one has: ``... is taken by {owner}; choose another``.
    """

    def __init__(self, entries: Mapping[str, V] | None = None, *, unknown: str = "", taken: str = "") -> None:
        super().__init__(entries or {})
        self._unknown, self._taken = unknown, taken

    def add(self, name: str, value: V) -> None:
        """Add a class or function. The same one again replaces itself, so that a notebook cell may run twice.

        Raises:
            UsageError: another one has the name.
        """
        known = self.get(name)
        if known is not None and _origin(known) != _origin(value):
            raise UsageError(self._taken.format(name=name, owner=address(known)))
        self[name] = value

    def find(self, name: str) -> V:
        """The entry of a name.

        Raises:
            UsageError: there is none; it names the closest.
        """
        if name not in self:
            raise UsageError(f"{self._unknown.format(name=name)}{did_you_mean(name, self)}")
        return self[name]


def address(value: Any) -> str:
    """Where a class or function was written: ``module:Name``; of an object that is called, its class."""
    named = value if isinstance(value, type) or inspect.isroutine(value) else type(value)
    return f"{named.__module__}:{named.__qualname__}"


def _origin(value: Any) -> tuple[str, str]:
    """File (which may be imported under two names) and name; of what a notebook defined, the module."""
    module, _, name = address(value).partition(":")
    file = vars(sys.modules[module]).get("__file__") if module in sys.modules else None
    return file or module, name
