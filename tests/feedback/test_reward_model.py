"""The reward model: its closed forms against brute force, several raters, and its file."""

import io
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from failscape.errors import UsageError
from failscape.feedback.kernels import Part, preference_kernel
from failscape.feedback.reward_model import RewardModel, fit, untaught

SIZES = (3, 2, 0, 2)
RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((30, 7)) / 2
SCORES = np.clip(0.5 + 0.3 * FEATURES[:, 3] + 0.1 * RNG.standard_normal(30), 0, 1)
CASES = np.array([f"case-{i}" for i in range(30)])
NEW = RNG.standard_normal((8, 7)) / 2


@pytest.fixture(scope="module")
def model() -> RewardModel:
    return fit(FEATURES, SCORES, CASES, np.array(["ada"] * 30), SIZES)


def test_a_part_sees_its_columns_and_differentiates() -> None:
    part = Part(ConstantKernel(0.5) * RBF(0.7), 2, 5)
    plain = ConstantKernel(0.5) * RBF(0.7)
    np.testing.assert_array_equal(part(FEATURES, NEW), plain(FEATURES[:, 2:5], NEW[:, 2:5]))
    np.testing.assert_array_equal(part.diag(NEW), plain.diag(NEW[:, 2:5]))
    _, gradient = preference_kernel(SIZES)(FEATURES, eval_gradient=True)
    kernel = preference_kernel(SIZES)
    for t in range(len(kernel.theta)):
        step = np.eye(len(kernel.theta))[t] * 1e-6
        up, down = (kernel.clone_with_theta(kernel.theta + sign * step)(FEATURES) for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, :, t], (up - down) / 2e-6, atol=1e-7)


def test_predictions_are_scikit_learns(model: RewardModel) -> None:
    kernel = preference_kernel(SIZES).clone_with_theta(model.theta)
    process = GaussianProcessRegressor(kernel, optimizer=None)
    middle, spread = SCORES.mean(), SCORES.std()
    process.fit(FEATURES, (SCORES - middle) / spread)
    mean, sd = process.predict(NEW, return_std=True)
    ours = model.predict(NEW)
    np.testing.assert_allclose(ours[0], middle + spread * mean, atol=1e-7)
    noise = kernel.k2.noise_level
    np.testing.assert_allclose(ours[1], spread * np.sqrt(sd**2 - noise), atol=1e-6)
    np.testing.assert_allclose(model.mean(NEW), ours[0])


def test_leave_one_out_is_what_leaving_one_out_gives(model: RewardModel) -> None:
    model = replace(model, cases=np.array([f"case-{i // 2}" for i in range(30)]))  # two ratings of each case
    means, deviations = model.leave_one_out()
    for case in np.unique(model.cases):
        out = model.cases == case
        rest = replace(model, features=FEATURES[~out], scores=SCORES[~out], cases=model.cases[~out])
        # The same mean and scale, so that only the labels are left out.
        vars(rest)["_mean"], vars(rest)["_sd"] = model._mean, model._sd
        mean, sd = rest.predict(FEATURES[out])
        np.testing.assert_allclose(means[out], mean, atol=1e-8)
        np.testing.assert_allclose(deviations[out], np.sqrt(sd**2 + model._noise * model._sd**2), atol=1e-8)


@pytest.mark.parametrize("taught", [True, False])
def test_gains_are_what_a_label_takes_off_the_variance(model: RewardModel, taught: bool) -> None:
    model = model if taught else untaught(SIZES)
    gains = model.gains(NEW, FEATURES)
    before = (model.predict(FEATURES)[1] ** 2).sum()
    for i, candidate in enumerate(NEW):
        told = replace(
            model,
            features=np.vstack([model.features, candidate]),
            scores=np.append(model.scores, 0.9),
            cases=np.append(model.cases, "new"),
        )
        vars(told)["_mean"], vars(told)["_sd"] = model._mean, model._sd
        assert gains[i] == pytest.approx(before - (told.predict(FEATURES)[1] ** 2).sum(), rel=1e-6)
    assert (gains > 0).all()


def test_what_labels_depend_on_is_learned() -> None:
    rng = np.random.default_rng(1)
    inputs, asked = rng.standard_normal((50, 7)) / 2, rng.standard_normal((300, 7)) / 2
    meant = [1 / (1 + np.exp(-3 * rows[:, 3] - 2 * rows[:, 5])) for rows in (inputs, asked)]
    scores = meant[0] + rng.normal(0, 0.1, 50)
    model = fit(inputs, scores, np.arange(50).astype(str), np.array(["ada"] * 50), SIZES)
    mean, sd = model.predict(asked)
    assert spearmanr(mean, meant[1]).statistic > 0.9
    assert model.accuracy() > 0.7
    assert (np.abs(mean - meant[1]) < 1.96 * sd).mean() > 0.85


def test_raters_of_other_levels_and_spreads_do_not_mislead() -> None:
    rng = np.random.default_rng(2)
    inputs, asked = rng.standard_normal((60, 7)) / 2, rng.standard_normal((300, 7)) / 2
    meant = 1 / (1 + np.exp(-3 * inputs[:, 3]))
    order = np.argsort(inputs[:, 0])  # the strict rater sees other cases than the mild one, mostly
    strict = np.isin(np.arange(60), order[:30])
    scores = np.where(strict, meant + 0.3, 0.5 * meant) + rng.normal(0, 0.05, 60)
    model = fit(inputs, scores, np.arange(60).astype(str), np.where(strict, "ada", "bob"), SIZES)
    assert spearmanr(model.mean(asked), asked[:, 3]).statistic > 0.85


def test_before_any_label_all_is_alike_and_unsure() -> None:
    mean, sd = untaught(SIZES).predict(NEW)
    assert np.ptp(mean) == np.ptp(sd) == 0 < sd[0]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_or_equal_labels_are_no_trouble(n: int) -> None:
    model = fit(FEATURES[:n], np.full(n, 0.7), CASES[:n], np.array(["ada"] * n), SIZES)
    assert model.mean(FEATURES[:n]) == pytest.approx(np.full(n, 0.7))
    assert np.isnan(model.accuracy())


def test_the_file_holds_tables_and_no_pickles(model: RewardModel, tmp_path: Path) -> None:
    path = tmp_path / "reward_model.npz"
    replace(model, about={"target": "ü", "space": {"levels": [1.5]}}).save(path)
    again = RewardModel.load(path)
    np.testing.assert_array_equal(again.mean(NEW), model.mean(NEW))
    assert again.about == {"target": "ü", "space": {"levels": [1.5]}}
    assert again.leave_one_out()[0].tolist() == model.leave_one_out()[0].tolist()
    assert [p.name for p in tmp_path.iterdir()] == ["reward_model.npz"]
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert b"|O" not in archive.read(name)[:128]


def test_a_file_that_is_no_model_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "reward_model.npz"
    for content in (b"", b"nonsense", pickle.dumps({"a": 1}), _objects()):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="holds no reward model"):
            RewardModel.load(path)


def _objects() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, format=np.array([{}], object))
    return buffer.getvalue()
