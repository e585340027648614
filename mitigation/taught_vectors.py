"""What the vectors of an encoder should be, so that they also tell apart what a reference tells apart.

An encoder that is blind to something gives equal vectors to pictures that differ in it. Pulling the *similarity* of two
equal vectors down has no slope: the cosine is at its maximum. So each picture gets a vector of its own to learn,
as in the distillation of features (Romero et al. 2015): the encoder keeps what it says in the directions that its
vectors use, and in directions that it hardly uses it learns what the reference says of blind pairs.

Shapes: ``N`` pictures, ``B`` batch, ``M`` blind pairs, ``F`` features of the target, ``G`` of the reference, ``H``
directions held, ``K`` taught.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch.nn.functional import normalize

HELD = 0.999  # of the squared length of the target's vectors lies in the directions that are held
TOLD = 0.95  # of the squared length of the reference's differences lies in those that are taught
LEAST = 1e-3  # standard deviation of a coordinate that is divided by it
MOST = 0.25  # of the target's directions are taught at most


class TaughtVectors(NamedTuple):
    """Directions, by which a target's own vectors and a reference's become those that the target has to learn."""

    held: torch.Tensor  # (F, H) orthonormal
    scatter: torch.Tensor  # (H,) standard deviations of what the target says in them
    taught: torch.Tensor  # (F, K) orthonormal, and to those that are held
    told: torch.Tensor  # (G, K) of the reference
    mean: torch.Tensor  # (K,) coordinates of the reference's vectors
    spread: torch.Tensor  # (K,) their standard deviations
    share: float  # of the squared length of a vector that is taught, on average

    def kept(self, target: torch.Tensor) -> torch.Tensor:
        """What the target says in the directions that are held, as unit vectors: (B, F) -> (B, H)."""
        return normalize(target @ self.held, dim=1)

    def moved(self, vectors: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """How far vectors (B, F) lie from those that are wanted in the directions that are held.

        The mean square of the distance in each direction, in standard deviations: what little a target says in some
        direction may be all that it says of something.
        """
        return ((self.kept(vectors) - self.kept(wanted)) / self.scatter).square().mean()

    def wanted(self, target: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
        """The unit vectors to learn, of pictures that both have seen: (B, F), (B, G) -> (B, F)."""
        said = (reference @ self.told - self.mean) / self.spread / math.sqrt(self.told.shape[1])
        parts = math.sqrt(1 - self.share) * self.kept(target), math.sqrt(self.share) * said
        return normalize(parts[0] @ self.held.T + parts[1] @ self.taught.T, dim=1)


def taught_vectors(
    target: torch.Tensor, reference: torch.Tensor, differences: torch.Tensor, share: float
) -> TaughtVectors:
    """Directions for vectors of pictures ``(N, F)`` and ``(N, G)``, and the reference's differences in blind pairs.

    A target whose vectors use all directions gives up those that they use least.

    Args:
        target: unit vectors of the pictures that teach, clean and edited.
        reference: unit vectors of the same pictures.
        differences: of the reference's vectors in blind pairs, (M, G).
        share: of the squared length of a vector that is taught.
    """
    n_features = target.shape[1]
    ordered, n_told = principal(differences, TOLD)
    told = ordered[:, : min(n_told, max(1, int(MOST * n_features)))]
    ordered, n_held = principal(target, HELD)
    held, rest = ordered.tensor_split([min(n_held, n_features - told.shape[1])], dim=1)
    scatter = normalize(target @ held, dim=1).std(dim=0, correction=0).clamp_min(LEAST)
    coordinates = reference @ told
    spread = coordinates.std(dim=0, correction=0).clamp_min(LEAST)
    taught = rest[:, rest.shape[1] - told.shape[1] :]  # the last: those next to the held ones cost zero-shot accuracy
    return TaughtVectors(held, scatter, taught, told, coordinates.mean(dim=0), spread, share)


def principal(vectors: torch.Tensor, share: float) -> tuple[torch.Tensor, int]:
    """All principal directions of vectors (N, F), (F, F), the longest first; how many hold a share of the length.

    Lengths are squared, and of the vectors as they are: their mean is not taken off.
    """
    lengths, directions = torch.linalg.eigh(vectors.double().T @ vectors.double())
    summed = lengths.flip(0).clamp_min(0).cumsum(0)
    return directions.flip(1).to(vectors.dtype), int((summed < share * summed[-1]).sum()) + 1
