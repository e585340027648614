"""Tables of answers that tests and benchmarks make up: correlated within items, at points of a small grid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.concepts import ConceptSpace
from failscape.concepts.column_axis import ColumnAxis


def space() -> ConceptSpace:
    """Three ordered columns and one of words: 36 points."""
    ordered = [ColumnAxis("crossings", [0, 1, 2]), ColumnAxis("width", [2, 4]), ColumnAxis("pixels", [384, 768, 1152])]
    return ConceptSpace([*ordered, ColumnAxis("prompt", names=["count", "how many"])])


def correlated(rng: np.random.Generator, item: np.ndarray, rate: np.ndarray, rho: float) -> np.ndarray:
    """Failures ``(N,)`` bool of given rates ``(N,)``, where rows of one item correlate by ``rho`` (a Gaussian copula).

    The correlation is that of failures at a rate of one half; it is a little less at others.
    """
    from scipy.stats import norm

    latent = np.sin(np.pi * rho / 2)  # of two normal deviates whose signs correlate so
    common = rng.standard_normal(int(item.max()) + 1)[item]
    deviate = np.sqrt(latent) * common + np.sqrt(1 - latent) * rng.standard_normal(len(item))
    return np.asarray(deviate < norm.ppf(rate))


def frames(item: np.ndarray, failed: np.ndarray, point: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Probes of every row once, and the rows as a run keeps them."""
    n = len(item)
    known = {"group": 0, "held_out": False, "failed": np.nan, "score": np.nan, "predicted": 0}
    items = pd.DataFrame({**known, "cluster": item, "unit": np.arange(n), "home": point})
    asked = {"item": np.arange(n), "point": point, "failed": failed, "severity": failed.astype(float)}
    return pd.DataFrame({**asked, "propensity": np.nan, "cached": False}), items


def modes_of(item: np.ndarray, failed: np.ndarray, point: np.ndarray) -> list[Mode]:
    """The failure modes of a table on :func:`space`."""
    probes, items = frames(item, failed, point)
    return find_modes(Landscape.from_probes(probes, space(), items=items), probes, items, ("answers",))
