"""Exact mining against brute force: ties, copies, both precisions, stripes, and everything that may stop it."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.targets.encoders.mining import mining
from failscape.targets.encoders.mining.confounded import confounded
from failscape.targets.encoders.mining.mining import COLUMNS, Stripe, Thresholds, mine
from failscape.targets.encoders.mining.resumable import mine_into
from failscape.targets.encoders.mining.screen import PRECISIONS, Screen, margin
from failscape.targets.encoders.mining.similarity import check_vectors, cosines
from failscape.targets.encoders.mining.thresholds import random_cosines, random_pairs, threshold

BOUNDS = Thresholds(0.9, 0.5, 0.98)


def clustered(n: int, n_features: int, seed: int, spread: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(2, n // 20), n_features))
    found: np.ndarray = centres[rng.integers(len(centres), size=n)] + spread * rng.normal(size=(n, n_features))
    return found.astype(np.float32)


def brute_force(target: np.ndarray, reference: np.ndarray, bounds: Thresholds) -> tuple[pd.DataFrame, pd.DataFrame]:
    first, second = np.triu_indices(len(target), 1)
    pairs = pd.DataFrame(
        {
            "first": first,
            "second": second,
            "target": cosines(target, first, second),
            "reference": cosines(reference, first, second),
        }
    )
    blind = (pairs["target"] > bounds.target) & (pairs["reference"] < bounds.reference)
    same = (pairs["target"] > bounds.same) & (pairs["reference"] > bounds.same)
    return pairs[blind].reset_index(drop=True), pairs[same].reset_index(drop=True)


def assert_same(found: Stripe, target: np.ndarray, reference: np.ndarray, bounds: Thresholds) -> None:
    for one, other in zip(found, brute_force(target, reference, bounds), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_mining_is_brute_force(precision: str) -> None:
    target, reference = clustered(400, 24, 0), clustered(400, 16, 1, 0.5)
    target[7], reference[7] = target[300], reference[300]  # a copy
    target[8], target[9] = target[100] * 5, target[100] / 3  # as similar as can be, whatever the length
    found = mine(target, reference, BOUNDS, precision=precision, stripe=64)
    assert len(found.blind) > 500 and (7, 300) in set(
        found.same[["first", "second"]].itertuples(index=False, name=None)
    )
    assert_same(found, target, reference, BOUNDS)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_ties_are_strict(precision: str) -> None:
    target = np.array([[1, 0], [3, 4], [1, 0], [4, 3]], np.float32)  # cosines .6, .8, .96 and 1
    reference = np.array([[1, 0], [0, 1], [4, 3], [0, 1]], np.float32)
    assert cosines(target, np.array([0]), np.array([1])) == 0.6
    at = Thresholds(0.6, 0.6, 1)
    pairs = mine(target, reference, at, precision=precision).blind[["first", "second"]].to_numpy().tolist()
    assert pairs == [[0, 3]], "0 and 1 are at the target's threshold, 2 and 3 at the reference's"
    below = Thresholds(np.nextafter(0.6, 0), np.nextafter(0.6, 1), 1)
    pairs = mine(target, reference, below, precision=precision).blind[["first", "second"]].to_numpy().tolist()
    assert pairs == [[0, 1], [0, 3], [1, 2], [2, 3]]


@given(
    n=st.integers(2, 60),
    n_features=st.integers(1, 40),
    scale=st.floats(1e-3, 1e3),
    precision=st.sampled_from([*PRECISIONS]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_the_margin_covers_what_low_precision_can_be_wrong_by(
    n: int, n_features: int, scale: float, precision: str, seed: int
) -> None:
    vectors = (scale * clustered(n, n_features, seed)).astype(np.float32)
    screen = Screen(vectors, precision)
    product = (screen.block(0, n) @ screen.block(0, n).T).double().numpy()
    first, second = map(np.ravel, np.indices((n, n)))
    exact = cosines(vectors, first, second).reshape(n, n)
    assert np.abs(product - exact).max() <= margin(n_features, precision)


def test_a_corpus_that_is_not_held_is_prepared_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failscape.targets.encoders.mining.screen.HELD_BYTES", 0)
    target, reference = clustered(120, 8, 3), clustered(120, 8, 4)
    assert_same(mine(target, reference, BOUNDS, stripe=50), target, reference, BOUNDS)


def test_confounded_pairs_are_those_of_brute_force() -> None:
    pictures = clustered(300, 24, 5)
    captions = (pictures + np.random.default_rng(6).normal(size=pictures.shape)).astype(np.float32)
    captions[3] = captions[11]  # ties are not confounded
    everyone = np.arange(300)
    own = cosines(pictures, everyone, everyone, captions)
    first, second = np.triu_indices(300, 1)
    gaps = (
        cosines(pictures, first, second, captions) - own[first],
        cosines(pictures, second, first, captions) - own[second],
    )
    kept = (gaps[0] > 0) & (gaps[1] > 0)
    for precision in PRECISIONS:
        found = confounded(pictures, captions, precision=precision, stripe=64)
        assert len(found) > 20 and found["first"].tolist() == first[kept].tolist()
        assert found["second"].tolist() == second[kept].tolist()
        assert found["first_gap"].tolist() == gaps[0][kept].tolist()
        assert found["second_gap"].tolist() == gaps[1][kept].tolist()


def test_too_many_confounded_pairs_are_refused_with_the_mend() -> None:
    captions = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    told: list[tuple[int, int]] = []
    found = confounded(clustered(100, 4, 0), captions, stripe=40, progress=lambda *done: told.append(done))
    assert len(found) > 200 and told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(UsageError, match="more than 200 pairs are confounded; give fewer pictures, or --max-items"):
        confounded(clustered(100, 4, 0), captions, stripe=40, most=200)


def test_quantiles_are_of_the_same_random_pairs_for_every_encoder() -> None:
    vectors = clustered(300, 8, 7)
    assert threshold("0.95", vectors, "t") == 0.95 and threshold(0.6, vectors, "t") == 0.6
    assert threshold("q0.9", vectors, "t") == np.quantile(random_cosines(vectors), 0.9)
    first, second = random_pairs(300, 10_000)
    assert (first != second).all() and np.unique(first).size == np.unique(second).size == 300


@pytest.mark.parametrize(
    ("given", "words"),
    [("q1", "no threshold"), ("high", "no threshold"), ("q0.999999", "200,000 random pairs"), ("", "no threshold")],
)
def test_what_is_no_threshold_is_refused(given: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        threshold(given, clustered(10, 4, 0), "the target")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Thresholds(1.5, 0.6, 0.98), "target threshold is a cosine from -1 to 1, not 1.5"),
        (Thresholds(0.9, float("nan"), 0.98), "reference threshold is a cosine"),
        (Thresholds(0.9, 0.6, 0.5), "near-duplicates need a threshold of at least 0.6"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(bounds: Thresholds, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        bounds.check()


def test_vectors_without_a_direction_are_refused() -> None:
    vectors = clustered(20, 4, 0)
    check_vectors(vectors, "the target")
    for bad, words in ((np.nan, "item 3 holds values that are no numbers"), (0.0, "item 3 is 0 and has no direction")):
        broken = vectors.copy()
        broken[3] = bad
        with pytest.raises(UsageError, match=words):
            check_vectors(broken, "the target")
    for few, words in ((vectors[:1], "there is one"), (vectors[:0], "there are none"), (vectors[None], "not tokens")):
        with pytest.raises(UsageError, match=words):
            check_vectors(few, "the target")


def test_too_many_pairs_are_refused_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "MOST", 100)
    vectors = clustered(200, 4, 0)
    with pytest.raises(UsageError, match=r"more than 100 pairs are above 0 .* q0\.9999"):
        mine(vectors, clustered(200, 4, 1), Thresholds(0, 0.5, 0.98))


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from failscape.targets.encoders.mining.mining import Thresholds
from failscape.targets.encoders.mining.resumable import mine_into
folder = Path(sys.argv[1])
def stop(done, of):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
target, reference = (np.load(folder / f"{name}.npy") for name in ("target", "reference"))
mine_into(folder / "parts", target, reference, Thresholds(0.9, 0.5, 0.98), {}, stripe=50, progress=stop)
"""


def test_a_search_that_was_killed_goes_on_to_the_same_pairs(tmp_path: Path) -> None:
    target, reference = clustered(400, 24, 0), clustered(400, 16, 1, 0.5)
    np.save(tmp_path / "target.npy", target)
    np.save(tmp_path / "reference.npy", reference)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    there = sorted(path.name for path in (tmp_path / "parts").iterdir())
    assert there == ["blind-00000.parquet", "blind-00001.parquet", "blind-00002.parquet", "mining.json"] + [
        f"same-0000{number}.parquet" for number in range(3)
    ]
    told: list[tuple[int, int]] = []
    parts = tmp_path / "parts"
    found = mine_into(parts, target, reference, BOUNDS, {}, stripe=50, progress=lambda *done: told.append(done))
    assert told == [(number, 8) for number in range(1, 9)]
    assert_same(found, target, reference, BOUNDS)


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    target, reference = clustered(60, 8, 0), clustered(60, 8, 1)
    mine_into(tmp_path / "a", target, reference, BOUNDS, {"data": "one"})
    with pytest.raises(UsageError, match="data one and not two; give another folder"):
        mine_into(tmp_path / "a", target, reference, BOUNDS, {"data": "two"})
    with pytest.raises(UsageError, match=r"target 0\.9 and not 0\.8"):
        mine_into(tmp_path / "a", target, reference, BOUNDS._replace(target=0.8), {"data": "one"})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty; give another folder"):
        mine_into(tmp_path / "b", target, reference, BOUNDS, {})
    (tmp_path / "a" / "blind-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="delete it and start again"):
        mine_into(tmp_path / "a", target, reference, BOUNDS, {"data": "one"})


def test_columns_are_what_readers_expect() -> None:
    found = mine(clustered(60, 8, 0), clustered(60, 8, 1), BOUNDS)
    assert tuple(found.blind.columns) == COLUMNS and found.blind["first"].dtype == np.int64
