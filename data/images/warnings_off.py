"""Silence for warnings that say nothing about the user's request; safe with many threads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_outermost: warnings.catch_warnings[None] | None = None


@contextmanager
def no_warnings() -> Iterator[None]:
    """No warning is shown or raised while any thread is inside.

    ``warnings.catch_warnings`` changes the whole process: threads that enter and leave it in turn restore each other's
    filters in the wrong order. So only the first thread in enters it, and only the last one out leaves it.
    """
    global _inside, _outermost
    with _lock:
        if _inside == 0:
            _outermost = warnings.catch_warnings()
            _outermost.__enter__()
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _outermost is not None:
                _outermost.__exit__(None, None, None)
                _outermost = None
