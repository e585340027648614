"""A pipeline in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pipelines import new_pipeline


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline as ``save_pretrained`` writes it."""
    path = tmp_path_factory.mktemp("pipelines") / "tiny"
    new_pipeline().save_pretrained(path)
    return path
