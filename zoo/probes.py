"""Linear probes: what can be read from frozen features of scenes.

A probe is a logistic regression on standardised features. Its penalty is chosen on a fifth of the scenes that it learns
from, and its accuracy is measured on scenes that it has not seen. Scenes are balanced, since factors are drawn evenly.

Shapes: ``N`` scenes, ``D`` features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
STEPS = 60  # of L-BFGS


def probe_accuracy(
    features: torch.Tensor, values: np.ndarray, new_features: torch.Tensor, new_values: np.ndarray
) -> float:
    """The share of new scenes (M, D) whose value (M,) a probe of (N, D) and (N,) names rightly, in [0, 1].

    Values are indices from 0; scenes with a negative value are left out.
    """
    known, new = values >= 0, new_values >= 0
    x, mean, std = _standardised(features[torch.from_numpy(known)])
    new_x = (new_features[torch.from_numpy(new)] - mean) / std
    y, new_y = torch.from_numpy(values[known]), torch.from_numpy(new_values[new])
    cut = len(x) * 4 // 5
    scores = [_score(_fit(x[:cut], y[:cut], penalty), x[cut:], y[cut:]) for penalty in PENALTIES]
    best = PENALTIES[int(np.argmax(scores))]
    return _score(_fit(x, y, best), new_x, new_y)


def indices(scenes: Sequence[TrafficFactors], name: str) -> np.ndarray:
    """The value of a factor in each scene as an index, -1 where it is about people and there are none: (N,) int64."""
    values = BY_NAME[name].values
    return np.array([
        -1 if name in OF_PEOPLE and scene.count == 0 else values.index(getattr(scene, name)) for scene in scenes
    ])  # fmt: skip


def _standardised(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    mean, std = features.mean(dim=0), features.std(dim=0).clamp_min(1e-6)
    return (features - mean) / std, mean, std


def _fit(x: torch.Tensor, y: torch.Tensor, penalty: float) -> torch.Tensor:
    """Weights (D + 1, C) of a logistic regression with a squared penalty."""
    classes = int(y.max()) + 1
    weights = torch.zeros(x.shape[1] + 1, classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(_logits(weights, x), y) + penalty * weights[:-1].square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call, arg-type]
    return weights.detach()


def _logits(weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return x @ weights[:-1] + weights[-1]


def _score(weights: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> float:
    return float((_logits(weights, x).argmax(dim=1) == y).float().mean())
