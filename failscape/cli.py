"""Command line: ``failscape COMMAND``; ``train.py`` is ``failscape train``."""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Sequence

from failscape import __version__
from failscape.errors import UsageError
from failscape.terminal import Terminal

COMMANDS = ("train", "scan", "landscape", "compare", "show", "check", "feedback", "mitigate", "fade", "audit")


def build_parser() -> argparse.ArgumentParser:
    """The parser with every subcommand; imports no framework."""
    parser = argparse.ArgumentParser(
        prog="failscape", description="Find, map and mend the failures of pretrained models."
    )
    parser.add_argument("--version", action="version", version=f"failscape {__version__}")
    parser.set_defaults(quiet=False)
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"failscape.commands.{name}").add(parsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status: 0 done, 1 a check failed, 2 a mistake of the user's, 130 interrupted."""
    args = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal has every letter
    try:
        if subject := args.about(args):
            # Before anything heavy is imported: the sign that it has begun.
            Terminal(quiet=args.quiet).line(f"failscape {__version__} · {subject}")
        return int(args.run(args) or 0)
    except UsageError as error:
        first, *rest = str(error).split("\n")
        Terminal(stderr=True).lines("\n".join([f"error: {first}", *(f"       {line.strip()}" for line in rest)]))
        return 2
    except KeyboardInterrupt:
        Terminal(stderr=True).line("stopped; what was committed is safe")
        return 130
    except BrokenPipeError:  # the reader of our output went away: `failscape landscape RUN | head`
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
