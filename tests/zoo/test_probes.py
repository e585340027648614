"""A probe reads what is there linearly, and nothing where there is nothing."""

import numpy as np
import torch

from failscape.data.street.traffic.factors import sample_traffic
from zoo.probes import indices, probe_accuracy, ridge_accuracies


def made(n: int, seed: int, signal: float) -> tuple[torch.Tensor, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, n)
    features = rng.standard_normal((n, 20)) * 7 + 3
    features[np.arange(n), values] += signal
    return torch.from_numpy(features).float(), values


def test_a_strong_signal_is_read_and_noise_is_not() -> None:
    assert probe_accuracy(*made(600, 0, 100), *made(600, 1, 100)) > 0.99
    assert abs(probe_accuracy(*made(600, 0, 0), *made(600, 1, 0)) - 1 / 3) < 0.08


def test_scenes_without_a_value_are_left_out() -> None:
    features, values = made(400, 0, 100)
    hidden = values.copy()
    hidden[::2] = -1
    assert probe_accuracy(features, hidden, features, values) > 0.99


def test_people_have_no_job_where_there_are_none() -> None:
    scenes = [sample_traffic(0, index) for index in range(60)]
    jobs = indices(scenes, "job")
    np.testing.assert_array_equal(jobs == -1, [scene.count == 0 for scene in scenes])
    assert (indices(scenes, "facing") >= 0).all()


def test_ridge_regression_reads_what_logistic_regression_reads() -> None:
    (features, values), (new, new_values) = made(600, 0, 100), made(600, 1, 100)
    hidden = values.copy()
    hidden[::2] = -1
    noise = np.random.default_rng(2).integers(0, 2, 600)
    known = {"signal": values, "some": hidden, "noise": noise}
    found = ridge_accuracies(features, known, new, {"signal": new_values, "some": new_values, "noise": noise})
    assert found["signal"] > 0.99 and found["some"] > 0.99
    assert abs(found["noise"] - 0.5) < 0.08
