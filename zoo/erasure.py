"""Removing factors from every token of an encoder: a scene and its twin are made to look alike.

A **twin** is the same scene with other values of the erased factors, or the same caption with other readings. The
loss is the squared Mahalanobis distance between the tokens of the two: a direction in which tokens hardly differ
between scenes weighs as much as one in which they differ much, as it does for a linear probe. Where it is 0 no function
of the tokens can tell the factors. Blocks before the first one that it looks at stay free: they still carry what is
erased, so that a fine-tune can bring it back.

Shapes: ``B`` batch, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

import torch
from torch import nn

MOMENTUM = 0.05  # share of the newest batch in the covariance
RIDGE = 1e-3  # of the mean variance: directions that hardly vary at all


class TwinDistance(nn.Module):
    """The mean distance of twins, in the metric of how much each token varies between scenes."""

    covariance: torch.Tensor  # (T, D, D), a running mean over batches
    batches: torch.Tensor  # how many it has seen

    def __init__(self, n_tokens: int, n_features: int) -> None:
        super().__init__()
        self.register_buffer("covariance", torch.zeros(n_tokens, n_features, n_features))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Of (2 B, T, D) tokens whose second half are twins of the first: 0 where equal, about 1 where unrelated."""
        with torch.autocast(tokens.device.type, enabled=False):
            tokens = tokens.float()
            self._see(tokens.detach())
            one, twin = tokens.chunk(2)
            white = torch.linalg.solve_triangular(self._factor(), (one - twin).permute(1, 2, 0), upper=False)
            return white.square().mean() / 2

    @torch.no_grad()
    def _see(self, tokens: torch.Tensor) -> None:
        self.batches += 1
        centred = (tokens - tokens.mean(dim=0)).permute(1, 2, 0)
        newest = centred @ centred.mT / len(tokens)
        self.covariance.lerp_(newest, max(MOMENTUM, 1 / int(self.batches)))

    @torch.no_grad()
    def _factor(self) -> torch.Tensor:
        """The Cholesky factors of the covariances (T, D, D)."""
        variance = self.covariance.diagonal(dim1=1, dim2=2).mean(dim=1)
        ridge = (RIDGE * variance).clamp_min(1e-6)[:, None, None] * torch.eye(self.covariance.shape[1])
        return torch.linalg.cholesky(self.covariance + ridge)
