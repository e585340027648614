"""What every target does when it runs: find its device, keep batches within the memory, refuse what is not finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from failscape.common.format import percent
from failscape.errors import UsageError

T = TypeVar("T")


def resolve_device(device: str | torch.device = "auto") -> torch.device:
    """The device meant by ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ...; a UsageError where it cannot be used."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.empty(0, device=device).device  # with its index, as the tensors on it say it
    except (RuntimeError, AssertionError, NotImplementedError):
        raise UsageError(f"device '{device}' cannot be used here; take cpu, or auto") from None


def micro_batches(run: Callable[[int, int], T], n: int, size: int, sample: str) -> tuple[list[T], int]:
    """What ``run(start, stop)`` gives for ``n`` samples, ``size`` at a time; halved where the memory is too small.

    Without samples ``run(0, 0)`` is asked once, for the shapes.

    Returns:
        The parts in order, and the size that fitted.

    Raises:
        UsageError: The memory does not hold one sample; ``sample`` says whose and what.
    """
    parts: list[T] = []
    start = 0
    while start < n or not parts:
        stop = min(start + size, n)
        try:
            parts.append(run(start, stop))
        except torch.cuda.OutOfMemoryError:
            if stop - start <= 1:
                raise UsageError(f"{sample}; try --device cpu") from None
        else:
            start = stop
            continue
        # Outside the handler, whose traceback keeps the failed forward's tensors alive.
        size = (stop - start) // 2
        torch.cuda.empty_cache()
    return parts, size


def check_finite(name: str, values: torch.Tensor, what: str, hint: str) -> None:
    """Refuse ``(B, ...)`` values of the target ``name`` that are NaN or infinite.

    Raises:
        UsageError: Some are; it says for how many samples.
    """
    finite = values.isfinite()
    if not finite.all():
        bad = int((~finite).flatten(1).any(dim=1).sum())
        share = f"{bad} of {len(values)} samples ({percent(bad / len(values))})"
        raise UsageError(f"{name} gives NaN or infinite {what} for {share}; check {hint}")
