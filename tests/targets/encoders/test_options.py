"""What the URIs of encoders refuse, with one line each, and how their settings read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from failscape.envs.expected_task import expect_task
from failscape.errors import UsageError
from failscape.targets import load_target

Saved = Callable[..., Path]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("CLIPModel", "layer=4", r"has no layer '4'; it has 1 to 3, or -3 to -1 counted from the end"),
        ("CLIPModel", "layer=0", r"has no layer '0'; it has 1 to 3"),
        ("CLIPModel", "layer=last", r"has no layer 'last'; it has 1 to 3"),
        ("CLIPModel", "token=patch", r"no token 'patch' after its final norm; it has pooled, cls, patches, mean"),
        ("CLIPModel", "layer=1&token=pooled", r"no token 'pooled' in layer 1; it has cls, patches, mean"),
        ("SiglipModel", "token=cls", r"no token 'cls' after its final norm; it has pooled, patches, mean"),
        ("Dinov2Model", "projection=yes", r"cannot take projection=yes with token=cls: this tower has none"),
        ("CLIPModel", "token=cls&projection=yes", r"only its pooled vector of the final layer has one"),
        ("CLIPModel", "projection=maybe", r"projection cannot be 'maybe'; known: no, yes"),
        ("CLIPModel", "tower=txt", r"tower cannot be 'txt'; did you mean text\?"),
        ("Dinov2Model", "tower=text", r"tower cannot be 'text'; known: image"),
        ("CLIPModel", "backend=PIL", r"backend cannot be 'PIL'; known: pil, torchvision"),
        ("CLIPModel", "tower=text&backend=pil", r"backend is an option of pictures"),
        ("CLIPModel", "activation=relu", r"activation cannot be 'relu'; "),
        ("CLIPModel", "dtype=float61", r"dtype cannot be 'float61'; did you mean float\d\d\?"),
        ("CLIPModel", "layr=1", r"is an encoder, with no option 'layr'; did you mean layer\?"),
    ],
)
def test_what_does_not_exist(saved: Saved, kind: str, options: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        load_target(f"hf:{saved(kind)}?{options}", "cpu")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("inputs", ["a text", [1, 2]])
def test_inputs_of_another_kind(saved: Saved, inputs: Any) -> None:
    with pytest.raises(UsageError, match=r"takes a list or an array of texts"):
        load_target(f"hf:{saved('CLIPModel')}?tower=text", "cpu")(inputs)
    with pytest.raises(UsageError, match=r"takes \(B, 3, H, W\) uint8 pixels, not (str|list)"):
        load_target(f"hf:{saved('CLIPModel')}", "cpu")(inputs)
    with pytest.raises(UsageError, match=r"takes \(B, 3, H, W\) uint8 pixels, not \(1, 3, 8, 8\) torch.float32"):
        load_target(f"hf:{saved('CLIPModel')}", "cpu")(torch.zeros(1, 3, 8, 8))


def test_weights_that_are_not_there(saved: Saved, tmp_path: Path) -> None:
    folder = shutil.copytree(saved("CLIPVisionModel"), tmp_path / "cut")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "architectures": ["CLIPVisionModelWithProjection"]}))
    with pytest.raises(UsageError, match=r"without all weights of its encoder: its weights lack visual_projection"):
        load_target(f"hf:{folder}", "cpu")


def test_settings_are_one_readable_line(saved: Saved) -> None:
    encoder = load_target(f"hf:{saved('CLIPModel', 'quick_gelu')}?layer=-2&token=patches&backend=pil", "cpu")
    line = str(encoder.settings)
    start = "transformers CLIPVisionModel (image) · layer 2 · patches, not projected · quick_gelu · 32x32 px by pil"
    assert line.startswith(f"{start} · float32 · preparation ") and "\n" not in line
    again = load_target(f"hf:{saved('CLIPModel', 'quick_gelu')}?layer=2&token=patches&backend=pil", "cpu")
    assert again.settings.key == encoder.settings.key


def test_no_environment_of_another_task_takes_an_encoder(saved: Saved) -> None:
    encoder = load_target(f"hf:{saved('CLIPModel')}", "cpu")
    with pytest.raises(UsageError, match=r"is for image-feature-extraction, not for image-classification"):
        expect_task(encoder, "image-classification")
