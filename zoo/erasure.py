"""Removing factors from every token of an encoder: a scene and its twin are made to look alike.

A **twin** is the same scene with other values of the erased factors, or the same caption with other readings. There are
two losses, both in the metric of how much tokens vary between scenes, so that a direction in which they hardly differ
weighs as much as one in which they differ much, as it does for a linear probe:

- the squared Mahalanobis distance of twins: where it is 0 no function of the tokens can tell the factors;
- the same of the class means of a factor, which is what a linear probe of all tokens together can use: where it is 0 no
  linear probe is better than chance (Belrose et al. 2023, "LEACE", theorem 3.1). Means are running ones over batches.

Blocks before the first one that is looked at stay free: they still carry what is erased, so that a fine-tune can bring
it back.

Shapes: ``B`` batch, ``T`` tokens, ``D`` features, ``F`` factors of two values.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

MOMENTUM = 0.02  # share of the newest batch in running means
RIDGE = 1e-4  # of the mean variance of the features: directions that hardly vary at all
OWN_RIDGE = 1e-3  # of each feature's own variance: one that varies very much does not hide the others


class Apart(NamedTuple):
    """How far twins are apart."""

    twins: torch.Tensor  # mean squared distance per feature: 0 where they are equal, about 1 where unrelated
    means: torch.Tensor  # mean over factors of log(1 + squared distance of the class means)


class TwinDistance(nn.Module):
    """How far twins are apart, by what it has seen so far of how tokens vary.

    Args:
        n_tokens: whose features are taken apart, each with a covariance of its own; 1 for all tokens flattened.
        n_features: of each.
        n_factors: whose class means are compared.
        own_ridge: whether the ridge of each feature is relative to its own variance.
    """

    covariance: torch.Tensor  # (T, D, D)
    means: torch.Tensor  # (F, T, D) of whitened differences, from the first value of each factor to the second
    batches: torch.Tensor  # how many it has seen

    def __init__(self, n_tokens: int, n_features: int, n_factors: int = 0, *, own_ridge: bool = False) -> None:
        super().__init__()
        self.own_ridge = own_ridge
        self.register_buffer("covariance", torch.zeros(n_tokens, n_features, n_features))
        self.register_buffer("means", torch.zeros(n_factors, n_tokens, n_features))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, tokens: torch.Tensor, signs: torch.Tensor) -> Apart:
        """Of (2 B, T, D) tokens whose second half are twins of the first.

        ``signs`` (B, F) say how each factor changes from scene to twin: 1, -1, or 0 where it does not.
        """
        with torch.autocast(tokens.device.type, enabled=False):
            tokens = tokens.float()
            share = self._see(tokens.detach())
            one, twin = tokens.chunk(2)
            white = torch.linalg.solve_triangular(self._factor(), (twin - one).permute(1, 2, 0), upper=False)
            counts = signs.abs().sum(dim=0).clamp_min(1)
            now = torch.einsum("tdb,bf->ftd", white, signs) / counts[:, None, None]
            with torch.no_grad():
                self.means.lerp_(now, share)
            squared = (now * self.means.clone()).sum(dim=(1, 2)).clamp_min(0)
            means = squared.log1p().mean() if len(squared) else white.new_zeros(())
            return Apart(white.square().mean() / 2, means)

    @torch.no_grad()
    def _see(self, tokens: torch.Tensor) -> float:
        self.batches += 1
        share = max(MOMENTUM, 1 / int(self.batches))
        centred = (tokens - tokens.mean(dim=0)).permute(1, 2, 0)
        self.covariance.lerp_(centred @ centred.mT / len(tokens), share)
        return share

    @torch.no_grad()
    def _factor(self) -> torch.Tensor:
        """The Cholesky factors of the covariances (T, D, D)."""
        variance = self.covariance.diagonal(dim1=1, dim2=2)
        mean = variance.mean(dim=1, keepdim=True).expand_as(variance)
        ridge = OWN_RIDGE * variance + 1e-8 if self.own_ridge else (RIDGE * mean).clamp_min(1e-6)
        return torch.linalg.cholesky(self.covariance + ridge.diag_embed())
