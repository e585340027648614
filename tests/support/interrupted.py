"""Commands in processes of their own that can be stopped at a moment of one's choice.

Python tells an audit hook what it is about to do: open a database, put a file in its place, ask a question. At the
moment that is wanted the command says so and waits, so that nothing has to be timed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

# One command per line it is sent, forked so that heavy imports are paid for once.
SERVER = """
import json, os, sys
import torch, plotly, matplotlib.pyplot
import failscape.workflows.audit, failscape.terminal.mitigate, failscape.agents.sb3.dqn, failscape.workflows.finish
from failscape.cli import main

torch.set_num_threads(1)

def line():
    read = b""
    while not read.endswith(b"\\n"):
        part = os.read(0, 1)
        if not part:
            os._exit(0)  # without the seconds that torch takes to leave
        read += part
    return read

def run(task):
    told, heard = os.dup(1), os.dup(0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(os.path.join(task["cwd"], name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    read, write = os.pipe()
    os.write(write, task["typed"].encode())
    os.close(write)
    os.dup2(read, 0)
    os.chdir(task["cwd"])
    left = [task["nth"]]

    def hook(event, arguments):
        if event == task["event"] and task["needle"] in str(arguments):
            left[0] -= 1
            if left[0] == 0:
                os.write(told, f"at {os.getpid()}\\n".encode())
                os.read(heard, 1)

    sys.addaudithook(hook)
    status = main(task["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

while True:
    sent = line()
    if not sent.strip():
        continue  # what a command that was stopped did not read
    task = json.loads(sent)
    child = os.fork()
    if child == 0:
        try:
            run(task)
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    os.write(1, f"status {os.waitstatus_to_exitcode(status)}\\n".encode())
"""


class Ended(NamedTuple):
    """What came of a command."""

    status: int
    out: str
    err: str


class Commands:
    """Runs commands in a folder, and stops them."""

    def __init__(self) -> None:
        arguments = [sys.executable, "-c", SERVER]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(
        self,
        cwd: Path,
        *argv: str,
        at: tuple[str, str] = ("", ""),
        nth: int = 1,
        typed: str = "",
        send: signal.Signals = signal.SIGINT,
    ) -> Ended:
        """Run a command; send it a signal at the ``nth`` event that is called ``at[0]`` and about ``at[1]``."""
        assert self.process.stdin is not None and self.process.stdout is not None
        task: dict[str, Any] = {"argv": argv, "cwd": str(cwd), "typed": typed, "nth": nth}
        self.process.stdin.write(json.dumps(task | {"event": at[0], "needle": at[1]}) + "\n")
        was_there = False
        for line in self.process.stdout:
            word, _, number = line.strip().rpartition(" ")
            if word == "at":
                was_there = True
                os.kill(int(number), send)
                if send == signal.SIGINT:
                    self.process.stdin.write("\n")
            else:
                texts = [(cwd / name).read_text() for name in ("out", "err")]
                assert was_there == bool(at[0]), (at, *texts)
                return Ended(int(number), *texts)
        raise AssertionError("the commands' own process ended")

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0
