"""A family of one's own in one file: a classifier of table rows by scikit-learn. docs/own-family.md walks through it.

Items are rows of a public table of tumours, concepts what happens to such rows before a model sees them: noise of the
instruments, values that are missing, units mixed up, columns that drifted::

    python train.py --import examples/tabular_task.py --env examples/Tabular-v0
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import failscape as fs
from failscape.concepts import Concept, concept_space
from failscape.data import Items, Rows, held_out
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.mdp import ConceptMDP
from failscape.mitigation import Epoch, Fitted, Method, TrainingConfig
from failscape.mitigation.sampling import Failures, draw_points, split_items
from failscape.rewards import CLASSIFICATION_REWARDS
from failscape.targets import ClassifierOutputs, Target, load_target

TABLE = load_breast_cancer()
FITTED = np.arange(len(TABLE.data)) % 2 == 0  # rows that the model was fitted on; the others are the items
SPREAD = TABLE.data[FITTED].std(axis=0)


class RowConcept(Concept):
    """An edit of rows: ``_changed(values (B, F), strengths (B, 1), draws (B, F) by the rows' seeds) -> (B, F)``."""

    field, unit, identity, limits = "values", "", 0.0, (0.0, 1.0)
    default_levels = (0.0, 0.1, 0.25, 0.5)

    def _edit(self, values: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        draws = np.stack([np.random.default_rng((len(self.name), int(seed))).random(values.shape[1]) for seed in seeds])
        return torch.from_numpy(self._changed(values.numpy(), strengths[:, None], draws))


class Noise(RowConcept):
    """Adds an error to every value, evenly up to this share of the column's deviation. Identity: 0."""

    name, limits, default_levels = "noise", (0.0, 3.0), (0.0, 0.5, 1.0, 2.0)

    def _changed(self, values: np.ndarray, strengths: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return values + strengths * (2 * draws - 1) * SPREAD


class Missing(RowConcept):
    """Leaves out this share of the values. Identity: 0."""

    name = "missing"

    def _changed(self, values: np.ndarray, strengths: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.where(draws < strengths, np.nan, values)


class UnitMixUp(RowConcept):
    """Writes this share of the values in another unit, ten times as large. Identity: 0."""

    name, default_levels = "unit-mix-up", (0.0, 0.03, 0.1, 0.2)

    def _changed(self, values: np.ndarray, strengths: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return np.where(draws < strengths, 10 * values, values)


class Drift(RowConcept):
    """Raises every value by this share of the column's deviation. Identity: 0."""

    name, limits, default_levels = "drift", (-3.0, 3.0), (-1.0, -0.5, 0.0, 0.5, 1.0)

    def _changed(self, values: np.ndarray, strengths: np.ndarray, draws: np.ndarray) -> np.ndarray:
        return values + strengths * SPREAD


CONCEPTS = {kind.name: kind for kind in (Noise, Missing, UnitMixUp, Drift)}  # what --concepts may name


class RowClassifier:
    """A fitted pipeline of scikit-learn that ends in a linear classifier, as a target."""

    task, class_names = "tabular-classification", tuple(map(str, TABLE.target_names))

    def __init__(self, pipeline: Pipeline, name: str = "rows") -> None:
        self.pipeline, self.name, self.n_queries = pipeline, name, 0

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        """Scores, and as features what the classifier is given."""
        self.n_queries += len(inputs)
        features = self.pipeline[:-1].transform(inputs.numpy())
        scores = self.pipeline[-1].decision_function(features)  # of the second class, beside 0 of the first
        logits = np.stack([np.zeros_like(scores), scores], axis=1)
        return ClassifierOutputs(torch.from_numpy(logits).float(), torch.from_numpy(features).float())

    def with_weights(self, weights: Mapping[str, torch.Tensor]) -> RowClassifier:
        """The same pipeline with other coefficients."""
        if weights["coef"].shape != self.pipeline[-1].coef_.shape:
            raise ValueError(f"does not fit {len(TABLE.feature_names)} columns")
        other = copy.deepcopy(self.pipeline)
        other[-1].coef_, other[-1].intercept_ = weights["coef"].numpy(), weights["intercept"].numpy()
        return RowClassifier(other, self.name)

    def __repr__(self) -> str:
        return f"RowClassifier({self.name}, {len(TABLE.feature_names)} columns)"


@fs.register_target("rows")
def load(name: str, device: str = "cpu") -> RowClassifier:
    """Classifiers of the table of tumours."""
    steps = StandardScaler(), FunctionTransformer(np.clip, kw_args={"a_min": -3, "a_max": 3}), LogisticRegression()
    pipeline = make_pipeline(SimpleImputer(strategy="median"), *steps)
    return RowClassifier(pipeline.fit(TABLE.data[FITTED], TABLE.target[FITTED]), f"rows:{name}")


def make_mdp(target: str | Target = "rows:tumours", concepts: Any = None, explore: str = "macro") -> ConceptMDP:
    """The rows that the model was not fitted on, and what may happen to them."""
    space = concept_space(list(CONCEPTS) if concepts is None else concepts, own=CONCEPTS)
    labels, names = TABLE.target[~FITTED].astype(np.int64), tuple(f"tumour-{i}" for i in np.flatnonzero(~FITTED))
    batch = Rows(torch.from_numpy(TABLE.data[~FITTED]), torch.from_numpy(labels))
    items = Items(batch, labels, names, held_out(names, 0.3), RowClassifier.class_names)
    nouns = fs.Nouns(item="row", items="rows", plain_items="measurements", task="sorts rows into {n} classes")
    asked, scheme = load_target(target) if isinstance(target, str) else target, make_scheme(explore, space, items)
    return ConceptMDP(asked, space, items, CLASSIFICATION_REWARDS["margin"], scheme=scheme, nouns=nouns)


@dataclass(frozen=True)
class RefitConfig(TrainingConfig):
    """Settings of a refit."""

    copies: int = 8  # edited ones of each row
    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TrainingConfig.bounds, "copies": (1, 100)}


class Refit:
    """Fits the classifier again, with edited rows beside the clean ones."""

    config_class: ClassVar[type[TrainingConfig]] = RefitConfig
    methods: ClassVar[Mapping[str, Method]] = {"refit": Method("all coefficients, fitted again on edited rows too", {})}

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: RefitConfig) -> None:
        self.mdp, self.failures, self.config = mdp, failures, config

    def fit(self, folder: Any = None, *, tell: Any = None, step: Any = None) -> Fitted:
        """One fit: epoch 0 is before it, epoch 1 after it."""
        target: Any = self.mdp.target
        explored, group = np.flatnonzero(~self.mdp.items.held_out), self.mdp.items.group
        split = split_items(explored, group, self.config.validation, self.config.seed)
        taught = self._rows(split.fit).joined(self._rows(np.repeat(split.fit, self.config.copies), seed=0))
        values = np.concatenate([TABLE.data[FITTED], taught.values.numpy()])
        labels = np.concatenate([TABLE.target[FITTED], taught.label.numpy()])
        counts = np.ones(len(labels))
        counts[-len(split.fit) * self.config.copies :] /= self.config.copies  # an item counts as much edited as clean
        model = LogisticRegression().fit(target.pipeline[:-1].transform(values), labels, counts)
        weights = {"coef": torch.from_numpy(model.coef_), "intercept": torch.from_numpy(model.intercept_)}
        versions = enumerate((target, target.with_weights(weights)))
        history = [self._validated(number, version, split.validation) for number, version in versions]
        for epoch in history if tell else []:
            tell(epoch)
        return Fitted(history, 1, False, model.coef_.size + model.intercept_.size, weights)

    def _rows(self, items: np.ndarray, seed: int | None = None) -> Any:
        """Rows of items, edited where they fail if there is a seed."""
        rows: Any = self.mdp.items.batch.take(items)
        if seed is None:
            return rows
        rng = np.random.default_rng((self.config.seed, seed))
        points = self.mdp.space.point(draw_points(self.failures, self.mdp.items.group[items], rng))
        return self.mdp.space.apply(rows, points, rng.integers(2**31, size=len(items)))

    def _validated(self, number: int, target: Any, items: np.ndarray) -> Epoch:
        errors, losses = [], []
        for rows in (self._rows(items), self._rows(items, seed=1)):
            logits = target(rows.values).logits
            errors.append(float((logits.argmax(dim=1) != rows.label).float().mean()))
            losses.append(float(torch.nn.functional.cross_entropy(logits, rows.label)))
        return Epoch(number, losses[1] if number else float("nan"), float(np.mean(losses)), *errors, best=True)


fs.register_task(
    fs.Task(
        name=RowClassifier.task,
        env_id="examples/Tabular-v0",
        make_mdp=make_mdp,
        does="sorts rows of a table",
        lacks="sorts no rows",
        summary="tumours by their measurements: which faults of a table make the classifier name the other class",
        shared=("class_names",),
        trainer=Refit,
    )
)
