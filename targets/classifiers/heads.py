"""The last layer of a classifier: found by watching one forward, then listened to for features.

Shapes: ``B`` batch, ``C`` classes, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from failscape.errors import UsageError
from failscape.targets.outputs import ClassifierOutputs

ROUNDED = 1e-3  # by which the sum of a thousand probabilities may be off, in half precision


def forward(module: nn.Module, head: nn.Module | None, pixels: torch.Tensor) -> ClassifierOutputs:
    """Scores and the input of ``head`` from one forward; without a head, the scores are the features."""
    if head is None:
        logits = scores(module(pixels))
        return ClassifierOutputs(logits, logits)
    heard: list[torch.Tensor] = []
    # Hooked on use only, so that the module stays picklable and clean for others.
    hook = head.register_forward_pre_hook(lambda _, args: heard.append(args[0]))
    try:
        logits = scores(module(pixels))
    finally:
        hook.remove()
    return ClassifierOutputs(logits, _pool(heard[-1], channels_last=isinstance(head, nn.Linear)))


def find_head(module: nn.Module, pixels: torch.Tensor) -> tuple[nn.Module | None, torch.Tensor]:
    """The last executed layer with as many outputs as there are classes, None where none has; and scores ``(B, C)``.

    Runs one forward of ``pixels``, normalised ``(B, 3, H, W)``.
    """
    executed: list[nn.Module] = []

    def note(layer: nn.Module, args: tuple[Any, ...], _: Any) -> None:
        if args:  # an input passed by keyword would be hidden from the hook that listens later
            executed.append(layer)

    hooks = [layer.register_forward_hook(note) for layer in module.modules() if _width(layer)]
    try:
        found = scores(module(pixels))
    finally:
        for hook in hooks:
            hook.remove()
    return next((layer for layer in reversed(executed) if _width(layer) == found.shape[1]), None), found


def are_probabilities(values: torch.Tensor) -> bool:
    """Whether every row ``(B, C)`` is a distribution over two classes or more: not negative, of sum 1."""
    sums_to_one = (values.sum(dim=1) - 1).abs() <= ROUNDED
    return values.shape[1] > 1 and len(values) > 0 and bool((values >= 0).all() and sums_to_one.all())


def scores(output: Any) -> torch.Tensor:
    """The class scores in whatever a module returned: ``(B, C)`` float32.

    Raises:
        UsageError: Where it holds none.
    """
    if isinstance(output, Mapping):  # Hugging Face's outputs are mappings
        output = output.get("logits")
    elif hasattr(output, "logits"):  # GoogLeNet and Inception with auxiliary heads
        output = output.logits
    elif isinstance(output, (tuple, list)) and output:
        output = output[0]
    if not isinstance(output, torch.Tensor) or output.ndim != 2:
        kind = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise UsageError(f"not an image classifier: it gives {kind} where scores (batch, classes) are expected")
    return output.float()


def _width(layer: nn.Module) -> int | None:
    """Outputs of a layer that may be a classifier's last one; None for any other."""
    if isinstance(layer, nn.Linear):
        return layer.out_features
    return layer.out_channels if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) else None


def _pool(features: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """Mean over positions: ``(B, ..., F)`` or ``(B, F, H, W)`` ``-> (B, F) float32``."""
    if features.ndim > 2:
        features = features.flatten(1, -2).mean(1) if channels_last else features.flatten(2).mean(2)
    # Contiguous, because a view (a ViT's first token) would keep the whole layer alive.
    return features.float().contiguous()
