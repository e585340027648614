"""Command line: ``failscape COMMAND``; ``train.py`` is ``failscape train``."""

from __future__ import annotations

import importlib
import io
import shlex
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from failscape import __version__
from failscape.commands.parser import Parser
from failscape.errors import CodeNotNamed, Doubt, Stopped, UsageError
from failscape.terminal.output import Terminal

COMMANDS = (
    "plan", "train", "scan", "landscape", "compare", "show", "check", "pairs", "questions", "feedback",
    "mitigate", "fade", "audit",
)  # fmt: skip


def build_parser() -> Parser:
    """The parser with every subcommand; imports no framework."""
    parser = Parser(prog="failscape", description="Find, map and mitigate the failures of pretrained models.")
    parser.add_argument("--version", action="version", version=f"failscape {__version__}")
    parser.set_defaults(quiet=False)
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"failscape.commands.{name}").add(parsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status: 0 done, 1 a check failed, 2 a mistake of the user's, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    command = shlex.join(["failscape", *words])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has every letter
    try:
        args = build_parser().parse_args(words)
        with telling_doubts():
            if subject := args.about(args):
                # Before anything heavy is imported: the sign that it has begun.
                Terminal(quiet=args.quiet).line(f"failscape {__version__} · {subject}")
            return int(args.run(args) or 0)
    except CodeNotNamed as error:
        return _refuse(f"{error.what}; where you trust it: {command}{error.option}")
    except UsageError as error:
        return _refuse(str(error))
    except Stopped as stop:
        Terminal(stderr=True).line(f"stopped; {stop}; go on with: {stop.command or command}")
        return 130
    except KeyboardInterrupt:
        Terminal(stderr=True).line("stopped; nothing was saved")
        return 130
    except BrokenPipeError:  # the reader of our output went away: `failscape landscape RUN | head`
        sys.stderr.close()
        return 0


def _refuse(text: str) -> int:
    first, *rest = text.split("\n")
    Terminal(stderr=True).lines("\n".join([f"error: {first}", *(f"       {line.strip()}" for line in rest)]))
    return 2


@contextmanager
def telling_doubts() -> Iterator[None]:
    """Prints each :class:`Doubt` once, as a line."""
    told: set[str] = set()
    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, Doubt):
                show(message, category, filename, lineno, file, line)
            elif str(message) not in told:
                told.add(str(message))
                Terminal(stderr=True).line(f"warning: {message}")

        warnings.simplefilter("always", Doubt)
        warnings.showwarning = tell
        yield


if __name__ == "__main__":
    sys.exit(main())
