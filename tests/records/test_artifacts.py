"""Artifacts are found by their content, come once, keep within their limit, and are what they say they are."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.errors import Doubt, UsageError
from failscape.records.artifacts import ArtifactStore


@given(contents=st.lists(st.binary(max_size=40), max_size=12))
def test_the_same_content_is_one_file(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    store = ArtifactStore(tmp_path_factory.mktemp("run") / "artifacts")
    references = [store.put(content, ".bin") for content in contents]
    assert [store.get(reference) for reference in references] == contents
    assert len(set(references)) == len(set(contents))


def test_what_goes_beyond_the_limit_is_not_kept_and_a_later_store_knows_what_is_there(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path, limit=10)
    first = store.put(b"12345678", ".bin")
    with pytest.warns(Doubt, match="takes no more files"):
        assert store.put(b"abc", ".bin") == ""
    assert store.put(b"abcd", ".bin") == "" and store.put(b"12345678", ".bin") == first  # it is said once
    again = ArtifactStore(tmp_path, limit=10)
    with pytest.warns(Doubt, match="takes no more files"):
        assert again.put(b"abc", ".bin") == ""
    assert again.put(b"ab", ".bin")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 10


def test_a_full_disk_costs_the_file_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is left, the run is told once, and files that fit are kept again."""
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = ArtifactStore(tmp_path / "artifacts")
    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full)
        with pytest.warns(Doubt, match="no space left on device"):
            assert store.put(b"content", ".bin") == ""
        assert store.put(b"content", ".bin") == "" and not list(store.folder.iterdir())
    assert store.get(store.put(b"content", ".bin")) == b"content"


@pytest.mark.parametrize("reference", ["", "artifact:", "artifact:../secret", "artifact:/etc/passwd", "a.bin"])
def test_a_reference_leads_nowhere_else(tmp_path: Path, reference: str) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "artifacts").mkdir()
    with pytest.raises(UsageError, match="has no "):
        ArtifactStore(tmp_path / "artifacts").get(reference)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    reference = store.put(b"content", ".bin")
    (tmp_path / reference.removeprefix("artifact:")).write_bytes(b"another")
    with pytest.raises(UsageError, match="is damaged"):
        store.get(reference)
