"""A run made from a known rate, and its landscape."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.registry import worst_examples
from failscape.analysis.landscape.landscape import Landscape
from failscape.concepts import ConceptSpace
from failscape.concepts.parsing import concept_space
from failscape.data.base import Items
from failscape.data.batch import Images

CLASSES = ("stop", "yield", "no entry", "parking")
N_ITEMS = 60
GRIDS = {
    1: "rotation=-20,-10,0,10,20",
    2: ("rotation", "darken"),
    3: "fsrl",
    4: ("rotation=-10,0,10", "darken=.1,.5", "saturation=.5,.7,.9", "contrast=.4,1"),
}


class Made(NamedTuple):
    """What a run leaves behind, made up."""

    space: ConceptSpace
    rates: np.ndarray  # (P,) the truth
    probes: pd.DataFrame
    items: pd.DataFrame
    landscape: Landscape
    data: Items

    def examples(self, class_names: tuple[str, ...] = CLASSES) -> Examples:
        return worst_examples(self.landscape, self.probes, self.items, self.context(class_names))

    def context(self, class_names: tuple[str, ...] = CLASSES) -> ExampleContext:
        return ExampleContext(self.data, self.space, class_names, class_names)


@cache
def make(n_axes: int = 3, n: int = 1500, failing: bool = True, seed: int = 0) -> Made:
    """A run on a grid where darkening and turning away from 0 make things fail; three points are never visited."""
    rng = np.random.default_rng(seed)
    space = concept_space(GRIDS[n_axes])
    coordinates = space.coordinates(space.grid()).astype(float)
    rates = failing / (1 + np.exp(2 - 1.5 * np.abs(coordinates[:, 0]) - 2 * coordinates[:, 1:2].sum(axis=1)))
    chances = np.exp(2 * rates)
    chances[[1, 7, 20][: 3 if space.n_points > 20 else 0]] = 0
    chances /= chances.sum()
    items = _items(rng)
    landscape, probes = _probe(rng, space, rates, chances, items, n)
    inputs = torch.from_numpy(rng.integers(0, 256, (N_ITEMS, 3, 24, 24), dtype=np.uint8))
    labels, held_out = items["group"].to_numpy(copy=True), items["held_out"].to_numpy()
    batch = Images(inputs, torch.from_numpy(labels))
    data = Items(batch, labels, tuple(items["name"]), held_out, CLASSES)
    return Made(space, rates, probes, items, landscape, data)


def _items(rng: np.random.Generator) -> pd.DataFrame:
    reference = rng.integers(0, len(CLASSES), N_ITEMS)
    wrong = np.arange(N_ITEMS) % 17 == 1
    columns = {
        "name": [f"item-{i:03d}" for i in range(N_ITEMS)],
        "group": reference,
        "held_out": np.arange(N_ITEMS) % 5 == 0,
        "predicted": np.where(wrong, (reference + 1) % len(CLASSES), reference),
        "failed": wrong,
        "output_text": "",
        "score": rng.uniform(0.4, 1, N_ITEMS),
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(N_ITEMS, name="item"))


def _probe(
    rng: np.random.Generator, space: ConceptSpace, rates: np.ndarray, chances: np.ndarray, items: pd.DataFrame, n: int
) -> tuple[Landscape, pd.DataFrame]:
    point, item = rng.choice(space.n_points, n, p=chances), rng.integers(0, N_ITEMS, n)
    # An outcome belongs to its item and point: a repeated probe says the same again.
    failed = (rng.random((N_ITEMS, space.n_points)) < rates)[item, point]
    reference = items["group"].to_numpy()[item]
    columns = {
        "step": np.arange(n) // 32,
        "slot": np.arange(n) % 32,
        "item": item,
        "point": point,
        "levels": [tuple(levels) for levels in space.grid()[point].tolist()],
        "propensity": chances[point],
        "failed": failed,
        "severity": failed * rng.random(n),
        "reward": failed.astype(float),
        "predicted": (reference + failed) % len(CLASSES),
        "confidence": rng.uniform(0.3, 1, n),
        "score": 0.5,
        "output_text": "",
        "cached": pd.DataFrame({"item": item, "point": point}).duplicated().to_numpy(),
        "seed": 0,
        "time": 1.7e9 + np.arange(n) / 100,
        "name": items["name"].to_numpy()[item],
        "group": reference,
        "held_out": items["held_out"].to_numpy()[item],
    }
    probes = pd.DataFrame(columns)
    return Landscape.from_probes(probes, space, items=items, name="street-signs"), probes
