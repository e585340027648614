"""Removing a factor from every token of an encoder: a scene and its twin are made to look alike.

A **twin** is the same scene with other values of the erased factors, or the same caption with other readings. The
loss is the squared distance between the tokens of the two, as a share of how much tokens differ between scenes. Where
it is 0 no function of the tokens can tell the factors. Blocks before the first one that it looks at stay free: they
still carry what is erased, so that a fine-tune can bring it back.

Shapes: ``B`` batch, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch


def twin_distance(tokens: torch.Tensor, twins: torch.Tensor) -> torch.Tensor:
    """Mean squared distance of (B, T, D) from (B, T, D), as a share of the variance over the batch; 0 where equal."""
    scale = (tokens - tokens.mean(dim=0)).square().sum(dim=-1).mean().detach()
    return (tokens - twins).square().sum(dim=-1).mean() / scale.clamp_min(1e-8)


def erasure_loss(layers: Sequence[torch.Tensor]) -> torch.Tensor:
    """The mean ``twin_distance`` of layers (2 B, T, D) whose second half are the twins of the first."""
    return torch.stack([twin_distance(*layer.chunk(2)) for layer in layers]).mean()
