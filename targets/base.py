"""What a target is: a frozen model that answers a batch at once, a module here or an endpoint elsewhere.

Shapes: ``B`` batch, ``C`` classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch

from failscape.targets.outputs import Outputs

Weights = Mapping[str, torch.Tensor]  # what decides the answers of a target, by name
AnyTrainable = TypeVar("AnyTrainable", bound="TrainableTarget")


@runtime_checkable
class Target(Protocol):
    """A frozen pretrained model under study; an input is read once per call.

    Stochastic targets take one seed per sample; deterministic ones ignore ``seeds``.
    """

    name: str
    task: str  # what it does, as Hugging Face's pipelines call it; environments and trainers are for a task
    n_queries: int  # samples evaluated so far

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> Outputs:
        """Outputs for a batch of inputs; the leading axis is the batch."""
        ...


@runtime_checkable
class TrainableTarget(Target, Protocol):
    """A target whose weights can be exchanged, so that something can be fine-tuned and loaded again."""

    def with_weights(self: AnyTrainable, weights: Weights) -> AnyTrainable:
        """A second, independent target that differs in its weights.

        Raises:
            ValueError: they are another architecture's; its text goes on from their name: ``does not fit ResNet``.
        """
        ...


@runtime_checkable
class LocalTarget(Target, Protocol):
    """A target that computes in this process, on a device where its inputs should lie, too."""

    device: torch.device


@runtime_checkable
class TorchTarget(TrainableTarget, LocalTarget, Protocol):
    """A target that is a PyTorch module, in evaluation mode and without gradients."""

    module: Any  # torch.nn.Module; what it has besides is the architecture's


def device_of(target: Target) -> torch.device:
    """Where the inputs of a target lie: on its own device, or on the host where it has none (an endpoint)."""
    return target.device if isinstance(target, LocalTarget) else torch.device("cpu")
