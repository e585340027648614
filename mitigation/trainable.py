"""Which weights of a module learn: its last layer, all of them, or updates of low rank beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn

from failscape.errors import UsageError
from failscape.targets.classifier import Classifier


class Trainable(NamedTuple):
    """What an optimiser works on."""

    parameters: list[nn.Parameter]
    n_weights: int


@contextmanager
def trainable(target: Classifier, how: str, rank: int = 8, seed: int = 0) -> Iterator[Trainable]:
    """Let some weights of ``target`` learn; on leaving, it is frozen again, updates merged into its own weights.

    The module stays in evaluation mode throughout: batch statistics and dropout are those of the frozen target, so that
    what is fine-tuned is what will answer.

    Raises:
        UsageError: the target has no such weights.
    """
    module = target.module
    if how == "lora":
        with _low_rank(target, rank, seed) as parameters:
            yield Trainable(parameters, sum(p.numel() for p in parameters))
        return
    part = target.head if how == "head" else module
    if part is None:
        raise UsageError(f"{target.name} has no last layer that could be told from the others; mend it in full")
    parameters = [p for p in part.parameters() if p.is_floating_point()]
    try:
        for parameter in parameters:
            parameter.requires_grad_(True)
        yield Trainable(parameters, sum(p.numel() for p in parameters))
    finally:
        module.requires_grad_(False)


@contextmanager
def _low_rank(target: Classifier, rank: int, seed: int) -> Iterator[list[nn.Parameter]]:
    """Hu et al. (2021), by PEFT: ``W + B A`` with B zero at first; scaled by 1, so that saved and merged are alike."""
    from peft import LoraConfig
    from peft.tuners.lora import LoraModel

    module = target.module
    layers = [name for name, layer in module.named_modules() if _fits(layer)]
    if not layers:
        raise UsageError(f"{target.name} has neither linear nor convolutional layers for LoRA; mend it in full")
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=layers, lora_dropout=0.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # The module itself gets the updates, so that the target's forward runs through them.
        adapted = LoraModel(module, config, "mend")
    try:
        module.eval()
        yield [parameter for parameter in module.parameters() if parameter.requires_grad]
    finally:
        adapted.merge_and_unload()
        module.requires_grad_(False).eval()


def _fits(layer: nn.Module) -> bool:
    """Whether PEFT has an update for the layer."""
    return isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)
