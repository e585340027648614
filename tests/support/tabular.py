"""A classifier of table rows without gradients, with its environment and its trainer: a family of a user's own.

It was fitted on rows whose first column tells everything, and fails where that is shifted; the other tells as much.
A file for ``--import``.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

import failscape as fs
from failscape.concepts.space import ConceptSpace
from failscape.data.base import Items
from failscape.data.batch import Rows
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import Shift
from failscape.mitigation import Epoch, Fitted, Method, TrainingConfig
from failscape.mitigation.sampling import Failures, draw_points, split_items
from failscape.mitigation.trainers.base import Step, Tell
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets import ClassifierOutputs, Target, load_target

TASK = "one-column-classification"


class Logistic:
    """A fitted logistic regression; its weights are two arrays."""

    task, class_names = TASK, ("low", "high")

    def __init__(self, model: LogisticRegression) -> None:
        self.name, self.model, self.n_queries = "logistic", model, 0

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        self.n_queries += len(inputs)
        logits = torch.from_numpy(self.model.predict_log_proba(inputs.numpy())).float()
        return ClassifierOutputs(logits, inputs.float())

    def with_weights(self, weights: Mapping[str, torch.Tensor]) -> "Logistic":
        if weights["coef"].shape != self.model.coef_.shape:
            raise ValueError(f"does not fit {self.model.coef_.shape[1]} columns")
        model = copy.deepcopy(self.model)
        model.coef_, model.intercept_ = weights["coef"].numpy(), weights["intercept"].numpy()
        return Logistic(model)


@fs.register_target("logistic")
def load(name: str, device: str = "cpu") -> Logistic:
    """Logistic regressions."""
    rows = np.array([[-1.0, 0], [1.0, 0]])
    return Logistic(LogisticRegression(C=1000).fit(rows, [0, 1]))


def make_mdp(target: str | Target = "logistic:one-column", **_: Any) -> ConceptMDP:
    """Rows of two columns, of which the first can be shifted."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=300)
    rows = (2 * labels[:, None] - 1) + rng.uniform(-0.5, 0.5, size=(300, 2))
    names = tuple(f"row-{i}" for i in range(300))
    batch = Rows(torch.from_numpy(rows), torch.from_numpy(labels))
    items = Items(batch, labels, names, np.arange(300) % 3 == 0, Logistic.class_names)
    loaded = load_target(target) if isinstance(target, str) else target
    return ConceptMDP(loaded, ConceptSpace([Shift()]), items, CLASSIFICATION_REWARDS["margin"])


fs.register_env("tests/Tabular-v0", make_mdp)


@dataclass(frozen=True)
class RefitConfig(TrainingConfig):
    """Settings of a refit."""

    copies: int = 4  # of each row that are edited
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TrainingConfig.bounds, "copies": (1, 100)}


@fs.register_trainer(TASK)
class Refit:
    """Fits again, with edited rows beside the clean ones."""

    config_class: ClassVar[type[TrainingConfig]] = RefitConfig
    methods: ClassVar[Mapping[str, Method]] = {"refit": Method("all coefficients, fitted again", {})}

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: RefitConfig) -> None:
        self.mdp, self.failures, self.config = mdp, failures, config

    def fit(self, folder: Path | None = None, *, tell: Tell | None = None, step: Step | None = None) -> Fitted:
        """One fit: epoch 0 is before, epoch 1 after it."""
        labels = self.mdp.items.group
        explored = np.flatnonzero(~self.mdp.items.held_out)
        split = split_items(explored, labels, self.config.validation, self.config.seed)
        own = np.repeat(split.fit, self.config.copies)
        rows = torch.cat([self.mdp.items.batch.take(split.fit).inputs, self._edited(own, seed=0)]).numpy()
        model = LogisticRegression(C=1000).fit(rows, labels[np.concatenate([split.fit, own])])
        weights = {"coef": torch.from_numpy(model.coef_), "intercept": torch.from_numpy(model.intercept_)}
        history = [self._epoch(0, self.mdp.target, split.validation)]
        history.append(self._epoch(1, self.mdp.target.with_weights(weights), split.validation))
        for epoch in history:
            if tell:
                tell(epoch)
        return Fitted(history, 1, False, sum(w.numel() for w in weights.values()), weights)

    def _edited(self, items: np.ndarray, seed: int) -> torch.Tensor:
        rng = np.random.default_rng((self.config.seed, seed))
        points = self.mdp.space.point(draw_points(self.failures, self.mdp.items.group[items], rng))
        return self.mdp.space.apply(self.mdp.items.batch.take(items), points, items).inputs

    def _epoch(self, number: int, target: Any, items: np.ndarray) -> Epoch:
        labels = torch.from_numpy(self.mdp.items.group[items])
        unedited = self.mdp.items.batch.take(items).inputs
        clean, edited = (target(rows).logits for rows in (unedited, self._edited(items, seed=1)))
        wrong = [float((logits.argmax(dim=1) != labels).float().mean()) for logits in (clean, edited)]
        loss = float(torch.nn.functional.cross_entropy(torch.cat([clean, edited]), torch.cat([labels, labels])))
        return Epoch(number, float("nan") if number == 0 else loss, loss, *wrong, best=True)
