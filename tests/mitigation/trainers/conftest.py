"""A pipeline of random weights in a folder, and pictures to learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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


@pytest.fixture
def chosen(tmp_path: Path) -> Path:
    """Four pictures that a person chose, as in Hugging Face's imagefolder."""
    folder = tmp_path / "chosen"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        plain = np.full((20, 24, 3), rng.integers(256, size=3), np.uint8)
        Image.fromarray(plain).save(folder / f"{number}.png")
    rows = [f"{number}.png,a {color} car" for number, color in enumerate(("red", "blue", "green", "red"))]
    (folder / "metadata.csv").write_text("\n".join(["file_name,prompt", *rows]))
    return folder
