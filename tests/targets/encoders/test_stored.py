"""Files of vectors: what is opened, and that nothing else is, whatever it calls itself."""

import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.targets.encoders.stored import DTYPES, StoredVectors, is_stored, open_vectors


@pytest.fixture
def vectors() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((6, 4))


@pytest.mark.parametrize("dtype", [*DTYPES, ">f4"])
def test_a_matrix_is_mapped_and_not_read(dtype: str, vectors: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "clip.npy"
    np.save(path, vectors.astype(dtype))
    found = open_vectors(f"npy:{path}")
    assert isinstance(found.array, np.memmap) and not found.array.flags.writeable
    np.testing.assert_array_equal(found.array, vectors.astype(dtype))
    assert found.digest == sha256(path.read_bytes()).hexdigest()[:16]
    assert str(found) == f"{path} · 6 x 4 {np.dtype(dtype).name} · SHA-256 {found.digest}"


def test_only_its_own_scheme_is_one() -> None:
    assert is_stored("npy:a.npy")
    assert not any(map(is_stored, ("a.npy", "hf:openai/clip", "embedded:street-clip?tower=text")))


def refused(path: Path, words: str) -> None:
    with pytest.raises(UsageError, match=words) as error:
        open_vectors(f"npy:{path}")
    assert "\n" not in str(error.value)


def test_what_is_no_matrix_of_numbers_is_refused(vectors: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "clip.npy"
    for bad, words in (
        (vectors[None], r"has the shape \(1, 6, 4\); vectors are \(N, F\)"),
        (vectors[0], r"has the shape \(4,\)"),
        (vectors.astype(np.int64), "holds int64; give float16, float32 or float64"),
        (vectors.astype(complex), "holds complex128"),
    ):
        np.save(path, bad)
        refused(path, words)


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "made"),)

    path = tmp_path / "evil.npy"
    np.save(path, np.array([[Evil()]], object), allow_pickle=True)
    refused(path, "holds pickled objects, which are not loaded")
    path.write_bytes(path.read_bytes().partition(b"\n")[2])  # the pickle alone
    refused(path, "is no .npy file")
    assert not (tmp_path / "made").exists()


def test_files_that_are_missing_broken_or_no_files_are_refused(vectors: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "clip.npy"
    refused(path, "there is no file .*clip.npy; give a file that numpy.save wrote")
    refused(tmp_path / "nowhere" / "clip.npy", "there is no file")
    np.save(path, vectors)
    refused(tmp_path / "clp.npy", "there is no file .*clp.npy; did you mean clip.npy")
    whole = path.read_bytes()
    for size, words in ((0, "is no .npy file"), (9, "is truncated or damaged"), (len(whole) - 1, "is truncated")):
        path.write_bytes(whole[:size])
        refused(path, words)
    np.savez(tmp_path / "both.npz", vectors)
    refused(tmp_path / "both.npz", "is no .npy file")
    refused(tmp_path, "a folder, not a file")
    os.mkfifo(tmp_path / "pipe.npy")
    refused(tmp_path / "pipe.npy", "a pipe, not a file")
    for uri in ("npy:", f"npy:{path}?layer=2"):
        with pytest.raises(UsageError, match=r"write npy:FILE\.npy, with nothing after the file"):
            open_vectors(uri)


@given(place=st.integers(6, 127), value=st.binary(min_size=1, max_size=12))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore")  # numpy tells of heads as Python 2 wrote them
def test_a_broken_head_is_one_line(place: int, value: bytes, vectors: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "clip.npy"
    np.save(path, vectors)
    content = bytearray(path.read_bytes())
    content[place : place + len(value)] = value
    path.write_bytes(content)
    try:
        assert isinstance(open_vectors(f"npy:{path}"), StoredVectors)
    except UsageError as error:
        assert "\n" not in str(error)
