"""The command line in processes of their own, which are forked so that heavy imports are paid for once."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

HEAVY = [
    *("torch", "torch._dynamo", "torchvision", "transformers", "stable_baselines3", "sb3_contrib", "pandas", "sklearn"),
    *("matplotlib", "plotly.graph_objects", "statsmodels.api", "ot", "tensorboard", "flask", "waitress"),
]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(HEAVY)


class Command:
    """``failscape ...`` in a process of its own, as a person starts it."""

    def __init__(self, argv: Sequence[str], cwd: Path) -> None:
        (out, out_end), (err, err_end) = CONTEXT.Pipe(duplex=False), CONTEXT.Pipe(duplex=False)
        self.process = CONTEXT.Process(target=_run, args=(list(argv), str(cwd), out_end, err_end))
        self.process.start()
        out_end.close(), err_end.close()
        self.out, self.err = _as_file(out), _as_file(err)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.process.is_alive()

    def end(self, how: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal, and wait; returns what it exited with, and the rest of what it said on both streams."""
        assert self.process.pid is not None
        os.kill(self.process.pid, how)
        with self.out, self.err:
            said = self.out.read(), self.err.read()
        self.process.join()
        return int(self.process.exitcode or 0), *said


def _as_file(end: Connection) -> TextIO:
    with end:
        return os.fdopen(os.dup(end.fileno()), encoding="utf-8")


def _run(argv: list[str], cwd: str, out: Connection, err: Connection) -> None:
    os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
    out.close(), err.close()
    # Those of the server may have been files, which can be sought in.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.chdir(cwd)
    from failscape.cli import main

    sys.exit(main(argv))
