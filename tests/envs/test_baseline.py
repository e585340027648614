"""The look at the unedited items, and the features that observations are made of."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from failscape.data.base import Items
from failscape.data.batch import Rows
from failscape.envs.baseline import FEATURE_BOUND, BaselineOutputs, item_features, whiten
from failscape.envs.tasks.toy import ToyTarget, toy_items
from failscape.errors import UsageError
from failscape.rewards.classification import margin


def test_every_item_is_seen_once_in_batches() -> None:
    target, items, told = ToyTarget(), toy_items(10), []
    baseline = BaselineOutputs.take(target, items, margin, batch_size=4, progress=told.append)
    assert told == [4, 4, 2] and target.n_forwards == 3 + 2, "all are asked again, in batches of half of them"
    assert target.n_queries == baseline.n_queries == 10 + 10


def test_confidence_and_answer_are_the_targets() -> None:
    items = toy_items(20)
    baseline = BaselineOutputs.take(ToyTarget(), items, margin)
    total = items.batch.inputs.sum(dim=1).double().numpy()
    above = 1 / (1 + np.exp(-2 * total))
    np.testing.assert_allclose(baseline.score, np.where(items.group == 1, above, 1 - above), rtol=1e-5)
    np.testing.assert_array_equal(baseline.predicted, (total > 0).astype(int))
    assert baseline.score.dtype == np.float32 and baseline.predicted.dtype == np.int64


def test_the_size_of_batches_changes_nothing() -> None:
    items = toy_items(23)
    whole, parts = (
        BaselineOutputs.take(ToyTarget(), items, margin),
        BaselineOutputs.take(ToyTarget(), items, margin, batch_size=5),
    )
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_saved_look_comes_back_bit_for_bit(tmp_path: Path) -> None:
    baseline = BaselineOutputs.take(ToyTarget(), toy_items(), margin)
    baseline.save(tmp_path / "baseline.npz")
    again = BaselineOutputs.load(tmp_path / "baseline.npz", ToyTarget(), toy_items())
    for a, b in zip(baseline, again, strict=True):
        np.testing.assert_array_equal(a, b)
        assert type(a) is type(b) and getattr(a, "dtype", None) == getattr(b, "dtype", None)


def test_a_saved_look_is_of_the_items_that_were_seen(tmp_path: Path) -> None:
    items = toy_items()
    path = tmp_path / "baseline.npz"
    BaselineOutputs.take(ToyTarget(), items, margin).save(path)
    for other, what in (
        (toy_items(len(items) - 1), r"1 item is gone \(toy-039\)"),
        (
            replace(items, group=1 - items.group),
            r"40 of 40 items are not what they were \(toy-000, toy-001, toy",
        ),
    ):
        with pytest.raises(UsageError, match=rf"is not what .* explored: {what}.*; bring it back, or explore again"):
            BaselineOutputs.load(path, ToyTarget(), other)
    np.savez(path, features=np.zeros(1))
    with pytest.raises(UsageError, match="another version of failscape"):
        BaselineOutputs.load(path, ToyTarget(), items)


def test_whitened_features_are_uncorrelated_and_of_one_size() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 60)) + 100
    fit = np.arange(400) < 300
    white = whiten(features, fit, 12)
    assert white.dtype == np.float32 and white.shape == (400, 12)
    np.testing.assert_allclose(np.cov(white[fit, :5].T), np.eye(5), atol=0.05)
    np.testing.assert_allclose(white[fit].mean(axis=0), 0, atol=0.01)


def test_directions_without_variance_say_nothing() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 60))
    white = whiten(features, np.arange(400) < 300, 16)
    assert np.abs(white[:, 5:]).max() < 1e-2  # not rounding errors blown up to the bound


def test_held_out_items_do_not_shape_the_features() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 8))
    fit = np.arange(50) < 40
    other = features.copy()
    other[~fit] = 1000 * rng.normal(size=(10, 8))
    np.testing.assert_array_equal(whiten(features, fit, 8)[fit], whiten(other, fit, 8)[fit])
    assert np.abs(whiten(other, fit, 8)).max() <= FEATURE_BOUND


@pytest.mark.parametrize(
    "features",
    [
        np.zeros((6, 3)),
        np.full((6, 4), 7.0),
        np.array([[1.0]] * 6),
        np.where(np.eye(6) > 0, np.nan, 1.0),
        np.where(np.eye(6) > 0, np.inf, 1.0),
        np.arange(6.0)[:, None] * np.ones(1000),
    ],
    ids=["zero", "constant", "one number", "nan", "infinite", "wide"],
)
@pytest.mark.parametrize("n_fit", [1, 2, 6])
def test_poor_features_stay_finite_and_bounded(features: np.ndarray, n_fit: int) -> None:
    white = whiten(features.astype(np.float32), np.arange(6) < n_fit, 16)
    assert white.shape == (6, min(features.shape[1], n_fit)) and white.dtype == np.float32
    assert np.isfinite(white).all() and np.abs(white).max() <= FEATURE_BOUND


def test_few_items_of_many_features_do_not_saturate_the_others() -> None:
    """With fewer fitted items than features, the last component has no variance among them."""
    rng = np.random.default_rng(0)
    white = whiten(rng.normal(size=(30, 100)), np.arange(30) < 10, 16)
    assert np.abs(white[:, 9]).max() < 1e-2
    assert (np.abs(white[10:]) >= FEATURE_BOUND).mean() < 0.05


def test_pictures_features_are_flattened() -> None:
    class Maps(ToyTarget):
        def __call__(self, inputs: torch.Tensor, seeds: object = None) -> object:
            outputs = super().__call__(inputs)
            return replace(outputs, features=outputs.features[:, :, None, None].expand(-1, -1, 3, 3))

    items = toy_items(12)
    assert BaselineOutputs.take(Maps(), items, margin).features.shape == (12, 8 + 9)


def test_one_item_is_enough() -> None:
    items = Items(Rows(torch.tensor([[1, 2]]), torch.tensor([1])), np.array([1]), ("only",), np.array([False]))
    baseline = BaselineOutputs.take(ToyTarget(), items, margin)
    assert np.isfinite(baseline.features).all() and baseline.predicted.tolist() == [1]


def test_items_of_one_class_share_its_mean_and_held_out_items_do_not_shape_it() -> None:
    rng = np.random.default_rng(0)
    references = np.repeat([0, 1, 2], 20)
    features = rng.normal(size=(60, 12)) + 4 * rng.normal(size=(3, 12))[references]
    fit = np.arange(60) % 5 > 0
    told = item_features(features, references, fit)
    own, of_class = told[:, :8], told[:, 8:]
    for k in range(3):
        assert np.ptp(of_class[references == k], axis=0).max() < 1e-5
    assert np.abs(of_class[0] - of_class[20]).max() > 0.5 and np.ptp(own[references == 0], axis=0).max() > 0.5
    features[~fit] += 1000
    np.testing.assert_allclose(item_features(features, references, fit)[fit], told[fit], atol=1e-4)


def test_a_class_that_was_never_explored_is_the_mean_of_all() -> None:
    features, references = np.random.default_rng(0).normal(size=(30, 6)), np.repeat([0, 1, 5], 10)
    told = item_features(features, references, references < 5)
    assert np.isfinite(told).all() and np.abs(told[references == 5, 6:]).max() < 1
