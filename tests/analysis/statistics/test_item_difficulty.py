"""Rates adjusted for the difficulty of the items: less noise, no bias, whatever the items are like."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.statistics.item_difficulty import item_effects, smoothed_rates

SIDE = np.linspace(-1, 1, 5)
GRID = np.stack([g.ravel() for g in np.meshgrid(SIDE, SIDE, indexing="ij")], axis=1).astype(np.float32)
EFFECT = 0.25 + 0.2 * GRID[:, 0] * GRID[:, 1]


def simulated(seed: int, n: int = 600, n_items: int = 120, spread: float = 0.35) -> tuple[pd.DataFrame, np.ndarray]:
    """``n`` probes of uniform points; items differ far more than points do. Also what foretells their difficulty."""
    rng = np.random.default_rng(seed)
    difficulty = np.where(np.arange(n_items) % 4 == 0, 3 * spread, -spread)
    pairs = rng.choice(n_items * 25, n, replace=False)
    items, points = np.divmod(pairs, 25)
    failed = rng.random(n) < np.clip(EFFECT[points] + difficulty[items], 0, 1)
    clean = 0.9 - 0.5 * (difficulty > 0) + 0.05 * rng.random(n_items)
    return pd.DataFrame({"item": items, "point": points, "failed": failed, "weight": 25.0}), clean


def truth(spread: float = 0.35) -> np.ndarray:
    """Failure rate of each point over the items."""
    return 0.25 * np.clip(EFFECT + 3 * spread, 0, 1) + 0.75 * np.clip(EFFECT - spread, 0, 1)


def test_knowing_the_items_brings_the_landscape_closer_to_the_truth() -> None:
    errors: dict[str, list[float]] = {"counts": [], "adjusted": []}
    for seed in range(4):
        pairs, clean = simulated(seed)
        counts = pairs.groupby("point")["failed"].mean().reindex(range(25)).to_numpy(float)
        errors["counts"].append(float(np.nanmean((counts - truth()) ** 2)))
        errors["adjusted"].append(float(((smoothed_rates(pairs, GRID, clean)[0] - truth()) ** 2).mean()))
    assert np.mean(errors["adjusted"]) < 0.3 * np.mean(errors["counts"]), errors


def test_the_adjustment_moves_no_rate_on_average() -> None:
    """Its working model is wrong here (rates are clipped), and the mean over points is right all the same."""
    means = []
    for seed in range(12):
        pairs, clean = simulated(100 + seed)
        means.append(smoothed_rates(pairs, GRID, clean)[0].mean())
    assert np.mean(means) == pytest.approx(truth().mean(), abs=3 * np.std(means) / np.sqrt(12) + 0.01)


def test_item_effects_by_hand() -> None:
    """Two items of many probes each: one fails more than the average, one less, and their effects say by how much."""
    items = np.repeat([0, 1], 200)
    residuals = np.where(items == 0, 0.3, -0.3) + np.tile([0.1, -0.1], 200)
    effects = item_effects(items, residuals, np.ones(400), np.zeros(2, np.int64))
    np.testing.assert_allclose(effects[items == 0], 0.3, atol=0.02)
    np.testing.assert_allclose(effects[items == 1], -0.3, atol=0.02)


def test_a_probe_does_not_explain_itself() -> None:
    """Of two probes of each item, the effect follows the item's own nature and never the luck of the probe."""
    rng = np.random.default_rng(0)
    items = np.repeat(np.arange(800), 2)
    nature, luck = rng.normal(size=800)[items], rng.normal(size=1600)
    effects = item_effects(items, nature + luck, np.ones(1600), np.zeros(800, np.int64))
    assert abs(np.corrcoef(effects, luck)[0, 1]) < 0.05 and np.corrcoef(effects, nature)[0, 1] > 0.6


def test_an_item_of_one_probe_is_judged_by_its_group() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(200) % 2
    residuals = np.where(groups == 0, 0.4, -0.4) + 0.1 * rng.normal(size=200)
    effects = item_effects(np.arange(200), residuals, np.ones(200), groups)
    np.testing.assert_allclose(effects, np.where(groups == 0, 0.4, -0.4), atol=0.03)


@pytest.mark.parametrize("clean", [None, np.full(3, 0.7), np.array([0.1, 0.5, 0.9])], ids=["unknown", "equal", "known"])
def test_poor_tables_stay_finite(clean: np.ndarray | None) -> None:
    for rows in ([], [(2, 3, 1)], [(0, 3, 1), (0, 4, 1)], [(0, 3, 0), (1, 3, 0), (2, 7, 0)]):
        pairs = pd.DataFrame(rows, columns=["item", "point", "failed"]).assign(weight=25.0)
        mean, deviation = smoothed_rates(pairs, GRID, clean)
        assert np.isfinite(mean).all() and np.isfinite(deviation).all()
        assert (mean >= 0).all() and (mean <= 1).all() and (deviation >= 0).all()


def test_the_unit_of_weights_does_not_matter() -> None:
    pairs, clean = simulated(0)
    first = smoothed_rates(pairs, GRID, clean)
    second = smoothed_rates(pairs.assign(weight=1.0), GRID, clean)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)


@pytest.mark.parametrize(("n_items", "n"), [(120, 600), (120, 3000), (600, 1200)])
def test_intervals_hold_for_items_that_were_never_drawn(n_items: int, n: int) -> None:
    """What is subtracted of an item takes no noise away from the level that all points share."""
    inside = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        difficulty = np.where(rng.random(n_items) < 0.25, 1.05, -0.35)  # of items drawn from an endless supply
        items, points = np.divmod(rng.choice(n_items * 25, n, replace=False), 25)
        failed = rng.random(n) < np.clip(EFFECT[points] + difficulty[items], 0, 1)
        pairs = pd.DataFrame({"item": items, "point": points, "failed": failed, "weight": 25.0})
        mean, deviation = smoothed_rates(pairs, GRID, 0.9 - 0.5 * (difficulty > 0) + 0.05 * rng.random(n_items))
        inside.append((np.abs(mean - truth()) < 1.96 * deviation).mean())
    assert np.mean(inside) > 0.8, inside


@pytest.mark.parametrize("n", [36, 108, 720])
def test_intervals_hold_where_points_have_a_single_probe(n: int) -> None:
    """A probe alone at its point is its own mean: what it says of the spread is nothing, and not that there is none."""
    rng = np.random.default_rng(0)
    side = np.linspace(-1, 1, 12)
    grid = np.stack([g.ravel() for g in np.meshgrid(side, side)], axis=1).astype(np.float32)
    covered = []
    for _ in range(12):
        points = rng.permutation(np.resize(np.arange(144), n))
        pairs = pd.DataFrame({"item": np.arange(n), "point": points, "failed": rng.random(n) < 0.2, "weight": 144.0})
        mean, deviation = smoothed_rates(pairs, grid)
        covered.append((np.abs(mean - 0.2) < 1.96 * deviation).mean())
    assert np.mean(covered) > 0.85, covered
