"""What may bear the name of a picture, a text or a table and must not be opened."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path


def pipe(path: Path) -> None:
    """A FIFO that nobody writes into: opening it waits for ever."""
    os.mkfifo(path)


def link_to_a_pipe(path: Path) -> None:
    """A link to such a FIFO."""
    os.mkfifo(path.with_name("the-pipe"))
    path.symlink_to("the-pipe")


def device(path: Path) -> None:
    """A link to zeros without end."""
    path.symlink_to("/dev/zero")


def bound_socket(path: Path) -> None:
    """The socket of a server that has gone."""
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket has 107 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "a pipe, not a file"),
    "link to a pipe": (link_to_a_pipe, "a pipe, not a file"),
    "device": (device, "a device, not a file"),
    "socket": (bound_socket, "a socket, not a file"),
}


def sparse(path: Path, n_bytes: int, head: bytes = b"") -> None:
    """A file that claims ``n_bytes`` and takes no room."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(n_bytes)
