"""One tower of an encoder, whatever library it comes from, in the parts that a choice of a vector needs.

Shapes: ``B`` batch, ``T`` tokens, ``F`` features.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn

IMAGE, TEXT = "image", "text"


class States(NamedTuple):
    """What the blocks of a tower make of each token."""

    tokens: torch.Tensor  # (B, T, F) of patches or words; the class token and registers are none of them
    single: torch.Tensor | None = None  # (B, F) of the class token, or of the word whose state a text tower pools
    mask: torch.Tensor | None = None  # (B, T) bool: which tokens are no padding; all where omitted


class Tower(nn.Module):
    """A module of one modality; a subclass says what it has and defines how its library gives that."""

    tokens: tuple[str, ...]  # which vectors there are after the final norm, the default one first
    inner_tokens: tuple[str, ...] = ()  # the same of inner layers
    n_layers: int = 0  # blocks whose states can be read
    has_projection: bool = False
    activation: str = ""  # of the blocks, where the library says it

    def pool(self, inputs: Any) -> torch.Tensor:
        """The pooled vector ``(B, F)``, projected where the tower has a projection."""
        raise NotImplementedError

    def states(self, inputs: Any, layer: int | None) -> States:
        """States after block ``layer``, from 1, without a norm; after the last block and the final norm where None."""
        raise NotImplementedError

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""

    def forward(self, inputs: Any, layer: int | None, token: str) -> torch.Tensor:
        """The vectors ``(B, F)``, or ``(B, T, F)`` where the token is ``patches``, of a valid choice."""
        if token == "pooled" and layer is None:
            return self.pool(inputs)
        states = self.states(inputs, layer)
        if token == "patches":
            return states.tokens
        if token == "mean":
            return _mean(states)
        assert states.single is not None, "the choice was checked"
        return states.single


def _mean(states: States) -> torch.Tensor:
    if states.mask is None:
        return states.tokens.mean(dim=1)
    weights = states.mask.to(states.tokens.dtype).unsqueeze(2)
    return (states.tokens * weights).sum(dim=1) / weights.sum(dim=1)
