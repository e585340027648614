"""A fine-tune between epochs: kept as tensors and plain numbers, so that it can go on after a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from failscape.common.safe_open import regular
from failscape.errors import UsageError

Weights = dict[str, torch.Tensor]
FILE = "state.safetensors"


@dataclass
class Progress:
    """What happened so far, and the best weights."""

    history: list[dict[str, Any]]  # an Epoch each
    average: Weights  # of the weights that learn, over steps
    best: Weights

    def save(self, folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, of: str) -> None:
        """Write everything to ``folder``, whole or not at all; ``of`` says what it is the state of."""
        tensors = {
            **_named("now", copy_weights(module)),
            **_named("average", self.average),
            **_named("best", self.best),
            **_named("optimizer", _optimizer_tensors(optimizer)),
        }
        partial = folder / f"{FILE}.partial"
        save_file(tensors, partial, metadata={"history": json.dumps(self.history), "of": of})
        os.replace(partial, folder / FILE)

    @classmethod
    def load(cls, folder: Path, module: nn.Module, optimizer: torch.optim.Optimizer, of: str) -> Progress | None:
        """What :meth:`save` wrote, set in ``module`` and ``optimizer``; None where there is nothing yet.

        Raises:
            UsageError: it is damaged, or of another target or configuration.
        """
        path = folder / FILE
        if not path.exists():
            return None
        regular(path)
        try:
            with safe_open(path, framework="pt") as file:
                history = json.loads(file.metadata()["history"])
                if file.metadata()["of"] != of:
                    raise ValueError("another configuration")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            restore_weights(module, _part("now", tensors))
            _restore_optimizer(optimizer, _part("optimizer", tensors))
        except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"{path} does not go with this target and configuration ({error}); remove it to start over"
            ) from None
        return cls(history, _part("average", tensors), _part("best", tensors))


def copy_weights(module: nn.Module) -> Weights:
    """Weights and buffers of a module, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in module.state_dict().items()}


def distinct(module: nn.Module) -> list[str]:
    """Names of weights and buffers, of those that are tied to one another the first."""
    first = {(t.data_ptr(), t.shape, t.stride()): name for name, t in reversed(module.state_dict().items())}
    return [name for name, t in module.state_dict().items() if first[t.data_ptr(), t.shape, t.stride()] == name]


def restore_weights(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Set what :func:`copy_weights` gave."""
    module.load_state_dict(dict(weights))


@contextmanager
def exchanged(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """Other weights for a while."""
    own = copy_weights(module)
    restore_weights(module, weights)
    try:
        yield
    finally:
        restore_weights(module, own)


def average_in(average: Weights, module: nn.Module, kept: float) -> None:
    """Move a running average towards the weights of a module, in place (Polyak and Juditsky 1992).

    What an average answers depends less on the last few batches, and is right more often on items that were not
    trained on. At first less should be kept, or a short fine-tune would hardly move it.
    """
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            # As lerp works it out, weights that do not learn stay as they are, to the last bit.
            average[name].lerp_(tensor.detach().to(average[name].device), 1 - kept)


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> Weights:
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{key}": torch.as_tensor(value).detach().cpu().clone()
        for i, values in state.items()
        for key, value in values.items()
        if value is not None
    }


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _named(part: str, tensors: Mapping[str, torch.Tensor]) -> Weights:
    return {f"{part}/{name}": tensor.contiguous() for name, tensor in tensors.items()}


def _part(part: str, tensors: Mapping[str, torch.Tensor]) -> Weights:
    return {name.partition("/")[2]: tensor for name, tensor in tensors.items() if name.startswith(f"{part}/")}
