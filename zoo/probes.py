"""Linear probes: what can be read from frozen features of scenes.

A probe is a logistic regression on standardised features or, where there are thousands of them, a ridge regression on
indicators of the values, solved at once for all factors. Its penalty is chosen on a fifth of the scenes that it
learns from, and its accuracy is measured on scenes that it has not seen. Scenes are balanced, since factors are drawn
evenly.

Shapes: ``N`` and ``M`` scenes, ``D`` features, ``V`` values of all factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
RIDGES = (1e-2, 1e-1, 1.0, 10.0)  # beside the variance of a feature, which is 1
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


def ridge_accuracies(
    features: torch.Tensor,
    values: Mapping[str, np.ndarray],
    new_features: torch.Tensor,
    new_values: Mapping[str, np.ndarray],
) -> dict[str, float]:
    """What ``probe_accuracy`` gives, for several factors by name, of ridge regressions."""
    x, mean, std = _standardised(features)
    new_x = (new_features - mean) / std
    cut = len(x) * 4 // 5
    tried = [_ridge(x[:cut], {n: v[:cut] for n, v in values.items()}, penalty) for penalty in RIDGES]
    held_out = {name: column[cut:] for name, column in values.items()}
    scores = [_named_rightly(weights, x[cut:], held_out) for weights in tried]
    best = {name: int(np.argmax([score[name] for score in scores])) for name in values}
    final = {place: _ridge(x, values, RIDGES[place]) for place in set(best.values())}
    right = {place: _named_rightly(weights, new_x, new_values) for place, weights in final.items()}
    return {name: right[place][name] for name, place in best.items()}


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


def _ridge(x: torch.Tensor, values: Mapping[str, np.ndarray], penalty: float) -> dict[str, torch.Tensor]:
    """Weights (D + 1, C) of each factor; scenes whose value is not known pull to no value."""
    coded = {name: _indicators(torch.from_numpy(column)) for name, column in values.items()}
    targets = torch.cat(list(coded.values()), dim=1)
    means = targets.mean(dim=0)
    system = x.T @ x / len(x)
    system.diagonal().add_(penalty)
    weights = torch.cholesky_solve(x.T @ (targets - means) / len(x), torch.linalg.cholesky(system))
    whole = torch.cat([weights, means[None]])
    return dict(zip(coded, whole.split([part.shape[1] for part in coded.values()], dim=1), strict=True))


def _indicators(values: torch.Tensor) -> torch.Tensor:
    """Of values (N,): 1 for the value and 0 for the others; the mean of the known ones where it is not known (N, C)."""
    known = values >= 0
    coded = F.one_hot(values.clamp_min(0), int(values.max()) + 1).float()
    coded[~known] = coded[known].mean(dim=0)
    return coded


def _named_rightly(
    weights: Mapping[str, torch.Tensor], x: torch.Tensor, values: Mapping[str, np.ndarray]
) -> dict[str, float]:
    found = {}
    for name, column in values.items():
        known = torch.from_numpy(column >= 0)
        found[name] = _score(weights[name], x[known], torch.from_numpy(column)[known])
    return found
