"""A pipeline of random weights in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.registry import load_target
from tests.support.pipelines import new_pipeline


@pytest.fixture(scope="session")
def pipeline_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline as ``save_pretrained`` writes it."""
    path = tmp_path_factory.mktemp("pipelines") / "tiny"
    new_pipeline().save_pretrained(path)
    return path


@pytest.fixture
def painter(pipeline_folder: Path) -> Callable[..., TextToImage]:
    """Loads it anew, with options."""
    return lambda options="": load_target(f"diffusers:{pipeline_folder}?steps=2&guidance=1{options}", "cpu")
