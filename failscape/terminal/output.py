"""What is written to the terminal: the one place for it, where every string is text and nothing else.

Names of classes, topics, files and folders may hold anything, ``[bold]`` and escape sequences among it. Here no string
is read as markup, and what would command a terminal is written out. A style is given as ``style=``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table as Table
from rich.text import Text

from failscape.common.visible import visible

EVERY = 10.0  # seconds between two lines on one step, where there is no terminal to draw a bar on


class Terminal(Console):
    """A console that takes every string as it is.

    Args:
        quiet: write nothing.
        stderr: write to the standard error.
    """

    def __init__(self, *, quiet: bool = False, stderr: bool = False) -> None:
        super().__init__(quiet=quiet, stderr=stderr, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string on its way to the screen, those in tables too."""
        return super().render_str(visible(text), **options)

    def line(self, *parts: object, style: str | None = None) -> None:
        """One line, which is not folded, so that paths and commands in it may be copied."""
        self.print(*map(str, parts), style=style, soft_wrap=True)

    def lines(self, text: str) -> None:
        """Several lines."""
        for line in text.split("\n"):
            self.line(line)

    def on_broken_pipe(self) -> None:
        """The reader of our output went away: told to the caller."""
        raise  # rich calls this while it handles the error


def table(*headings: str, left: str = "", header: bool = True) -> Table:
    """A table without lines; all columns but ``left`` are set to the right, and none but that is folded."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=header)
    for heading in headings:
        made.add_column(heading, justify="left" if heading == left else "right", no_wrap=heading != left)
    return made


class _Count(ProgressColumn):
    """``320 of 1,000``; ``320`` where it is not known how much there is."""

    def render(self, task: Task) -> Text:
        return Text(count(int(task.completed), int(task.total or 0)) if task.completed or task.total else "")


def count(done: int, total: int) -> str:
    """How far something is."""
    return f"{done:,} of {total:,}" if total else f"{done:,}"


class Steps:
    """Says what is being done: by a bar on a terminal, elsewhere by a line as it begins and one now and then."""

    def __init__(self, terminal: Terminal, bar: Progress, clock: Callable[[], float]) -> None:
        self.terminal, self.bar, self.clock = terminal, bar, clock
        self._what, self._said = "", 0.0
        self._task: TaskID | None = None

    def __call__(self, what: str, done: int = 0, total: int = 0, word: str = "") -> None:
        """Tell.

        Args:
            what: is being done.
            done: how far it is.
            total: how much there is; 0 where that is not known.
            word: on how it goes.
        """
        if self.bar.disable:
            self._write(what, done, total, word)
        else:
            self._draw(what, done, total, word)
        self._what = what

    def _write(self, what: str, done: int, total: int, word: str) -> None:
        if what == self._what and self.clock() - self._said < EVERY:
            return
        self._said = self.clock()
        self.terminal.line(" · ".join(part for part in (_begun(what, done, total), word) if part))

    def _draw(self, what: str, done: int, total: int, word: str) -> None:
        if what != self._what or self._task is None:
            if self._task is not None:
                self.bar.remove_task(self._task)
            self._task = self.bar.add_task(visible(what), total=total or None, word="")
        self.bar.update(self._task, completed=done, total=total or None, word=visible(word))


def _begun(what: str, done: int, total: int) -> str:
    return f"{what}: {count(done, total)}" if done or total else f"{what} ..."


@contextmanager
def steps(terminal: Terminal, clock: Callable[[], float] = time.monotonic) -> Iterator[Steps]:
    """What tells of steps while it is open; afterwards its bar is gone."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _Count(),
        TextColumn("{task.fields[word]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        yield Steps(terminal, bar, clock)


@contextmanager
def opening(quiet: bool = False) -> Iterator[None]:
    """Around imports that take seconds, on a busy machine minutes."""
    with steps(Terminal(quiet=quiet)) as tell:
        tell("loading libraries")
        yield
