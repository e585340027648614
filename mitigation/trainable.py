"""Which weights of a module learn: its last layer, all of them, or updates of low rank beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from failscape.errors import UsageError
from failscape.targets.base import TorchTarget

LOW_RANK = "small updates of low rank beside every linear and convolutional layer, merged at the end"


class Trainable(NamedTuple):
    """What an optimiser works on."""

    parameters: list[nn.Parameter]
    n_weights: int


@contextmanager
def all_weights(module: nn.Module) -> Iterator[Trainable]:
    """Let all weights of a module learn, which may be a layer of the target's; on leaving, it is frozen again.

    The target's module is in evaluation mode: batch statistics and dropout are those of the frozen target, so that what
    is fine-tuned is what will answer. (Summarizers have no batch statistics, and their trainer sets dropout itself.)
    """
    parameters = [p for p in module.parameters() if p.is_floating_point()]
    try:
        for parameter in parameters:
            parameter.requires_grad_(True)
        yield Trainable(parameters, sum(p.numel() for p in parameters))
    finally:
        module.requires_grad_(False)


@contextmanager
def low_rank(target: TorchTarget, rank: int = 8, seed: int = 0) -> Iterator[Trainable]:
    """Let updates of low rank learn; on leaving, the target is frozen again, the updates merged into its own weights.

    Hu et al. (2021), by PEFT: ``W + B A`` with B zero at first; scaled by 1, so that saved and merged are alike.

    Raises:
        UsageError: the target has no layer for them.
    """
    from peft import LoraConfig
    from peft.tuners.lora import LoraModel

    module = target.module
    last = _output_layer(module)
    layers = {name: layer for name, layer in module.named_modules() if _fits(layer) and layer is not last}
    if not layers:
        raise UsageError(f"{target.name} has neither linear nor convolutional layers for LoRA; take --method full")
    config = LoraConfig(
        r=rank,
        lora_alpha=rank,
        target_modules=list(layers),
        lora_dropout=0.0,
        fan_in_fan_out=any(map(_is_transposed, layers.values())),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # The module itself gets the updates, so that the target's forward runs through them.
        adapted = LoraModel(module, config, "fine-tune")
    try:
        module.eval()
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        yield Trainable(parameters, sum(p.numel() for p in parameters))
    finally:
        adapted.merge_and_unload()
        module.requires_grad_(False).eval()


def _fits(layer: nn.Module) -> bool:
    """Whether PEFT has an update for the layer."""
    plain = isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)
    return plain or _is_transposed(layer)


def _is_transposed(layer: nn.Module) -> bool:
    """Whether it is a linear layer as GPT-2 has them."""
    return type(layer).__name__ == "Conv1D"


def _output_layer(module: Any) -> nn.Module | None:
    """The layer of a language model that scores words: often its weights are those by which words are read, too."""
    layer: nn.Module | None = module.get_output_embeddings() if hasattr(module, "get_output_embeddings") else None
    return layer


@contextmanager
def in_full_precision(module: nn.Module) -> Iterator[None]:
    """Weights of 16 bits in 32 for a while: what one step adds would be lost in fewer digits."""
    short = {parameter.dtype for parameter in module.parameters()} & {torch.bfloat16, torch.float16}
    if short:
        module.float()
    try:
        yield
    finally:
        if short:
            module.to(short.pop())
