"""What the URIs of encoders refuse, with one line each, and how their settings read."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
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


@pytest.mark.parametrize(
    ("inputs", "what"),
    [
        ("a text", "texts, not of type str; give one text as [text]"),
        (np.array("a text"), "texts, not an array of shape (); give one text as [text]"),
        (5, "texts, not of type int; give one text as [text]"),
        (None, "texts, not of type NoneType; give one text as [text]"),
        ((text for text in ["a"]), "texts, not of type generator; give one text as [text]"),
        ([1, 2], "texts; one of them is of type int"),
        (np.array([["a", "b"]]), "texts; one of them is an array of shape (2,)"),
    ],
)
def test_inputs_that_are_no_texts(saved: Saved, inputs: Any, what: str) -> None:
    encoder = load_target(f"hf:{saved('CLIPModel')}?tower=text", "cpu")
    with pytest.raises(UsageError, match=re.escape(f"{encoder.name} takes a list or an array of {what}")) as refused:
        encoder(inputs)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["CLIPModel", "SiglipModel", "Dinov2Model"])
@pytest.mark.parametrize(
    ("inputs", "what"),
    [
        ("a text", "str"),
        ([1, 2], "list"),
        (np.zeros((1, 3, 32, 32), np.uint8), "ndarray"),
        (torch.zeros(1, 3, 32, 32), "(1, 3, 32, 32) torch.float32"),
        (torch.zeros(1, 3, 40, 40, dtype=torch.uint8), "(1, 3, 40, 40) torch.uint8"),
        (torch.zeros(3, 32, 32, dtype=torch.uint8), "(3, 32, 32) torch.uint8"),
        (torch.tensor(1, dtype=torch.uint8), "() torch.uint8"),
    ],
)
def test_inputs_that_are_no_pixels(saved: Saved, kind: str, inputs: Any, what: str) -> None:
    encoder = load_target(f"hf:{saved(kind)}", "cpu")
    wanted = "takes uint8 pixels (B, 3, 32, 32), which its prepare makes of pictures, not "
    with pytest.raises(UsageError, match=re.escape(f"{encoder.name} {wanted}{what}")) as refused:
        encoder(inputs)
    assert "\n" not in str(refused.value)
    with pytest.raises(UsageError, match="prepare takes a PIL image, not str"):
        encoder.prepare("picture.png")


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
