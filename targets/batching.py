"""What every target does when it runs: find its device, check its inputs and its answers, stay within the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
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


def check_pixels(name: str, inputs: Any, size: Sequence[int] = ()) -> None:
    """Refuse inputs of the target ``name`` that are no ``(B, 3, H, W)`` uint8 pixels, or not of ``size`` (3, H, W).

    Raises:
        UsageError: They are something else.
    """
    shape = ", ".join(map(str, size or (3, "H", "W")))
    wanted = f"{name} takes uint8 pixels (B, {shape}), which its prepare makes of pictures, not "
    if not isinstance(inputs, torch.Tensor):
        raise UsageError(f"{wanted}{type(inputs).__name__}")
    other = inputs.dtype != torch.uint8 or inputs.ndim != 4 or inputs.shape[1] != 3
    if other or (size and tuple(inputs.shape[1:]) != tuple(size)):
        raise UsageError(f"{wanted}{tuple(inputs.shape)} {inputs.dtype}")


def check_texts(name: str, inputs: Any) -> None:
    """Refuse inputs of the target ``name`` that are no list and no array ``(B,)`` of texts.

    Raises:
        UsageError: They are something else.
    """
    one = isinstance(inputs, str) or (isinstance(inputs, np.ndarray) and inputs.ndim == 0)
    if one or not isinstance(inputs, Sequence | np.ndarray):
        raise UsageError(f"{name} takes a list or an array of texts, not {_named(inputs)}; give one text as [text]")
    other = next((text for text in inputs if not isinstance(text, str)), None)
    if other is not None:
        raise UsageError(f"{name} takes a list or an array of texts; one of them is {_named(other)}")


def _named(value: Any) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"of type {type(value).__name__}"


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
