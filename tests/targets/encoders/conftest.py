"""The tiny encoders, saved once for all tests of the folder."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support.tiny_encoders import hf_folder, open_clip_folder


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``saved(architecture, activation="gelu")``: a folder in Hugging Face format; tests leave it as it is."""
    root = tmp_path_factory.mktemp("encoders")

    @cache
    def save(kind: str, act: str = "gelu") -> Path:
        return hf_folder(root / f"{kind}-{act}", kind, act)

    return save


@pytest.fixture(scope="session")
def open_clip_saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the format of open_clip."""
    pytest.importorskip("open_clip")
    return open_clip_folder(tmp_path_factory.mktemp("open-clip") / "tiny")
