"""The parser of the command line: a mistake is one line that names the option and what it takes, and no usage block."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from failscape.errors import UsageError, closest


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError`; ``add_subparsers`` makes more of its kind."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print below the usage; ``argument --top: takes ...`` reads ``--top takes ...``."""
        raise self._mistake(message.removeprefix("argument ").replace(": takes ", " takes ", 1))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but nothing may be left over.

        Refused here and not in ``parse_args``, which a subcommand's parser is never asked: it alone knows its options.
        """
        known, left = super().parse_known_args(args, namespace)
        if left:
            name = next((word for word in left if word.startswith("-")), left[0]).partition("=")[0]
            known = self._option_string_actions if name.startswith("-") else ()
            raise self._mistake(f"{self.prog} takes no {name!r}", closest(name, known))
        return known, left

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        what = f"{argparse._get_action_name(action)} takes {', '.join(known[:-1])} or {known[-1]}, not {str(value)!r}"
        raise self._mistake(what, closest(str(value), known))

    def _mistake(self, what: str, hint: str = "") -> UsageError:
        return UsageError(f"{what}; see {self.prog} --help{hint}")
