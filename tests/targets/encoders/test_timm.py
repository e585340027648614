"""The models of timm as encoders, against timm itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from failscape.errors import UsageError
from failscape.targets import load_target
from tests.support.tiny_encoders import pictures

timm = pytest.importorskip("timm")
PICTURES = pictures()


def vectors(uri: str) -> np.ndarray:
    encoder = load_target(uri, "cpu")
    return encoder(torch.stack([encoder.prepare(picture) for picture in PICTURES])).embeddings.numpy()


def reference(name: str) -> tuple[Any, torch.Tensor]:
    """The model that ``weights=none`` makes, with its classifier, and the pictures as timm prepares them."""
    target = load_target(f"timm:{name}?weights=none", "cpu")
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(target.module), is_training=False)
    return target.module, torch.stack([transform(picture) for picture in PICTURES])


def unit(found: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(found, dim=-1).numpy()


def same(found: np.ndarray, expected: Any) -> None:
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_transformer() -> None:
    model, pixels = reference("test_vit")
    of = "timm-features:test_vit?weights=none"
    states = model.forward_features(pixels)
    same(vectors(of), unit(model.forward_head(states, pre_logits=True)))
    same(vectors(f"{of}&token=cls"), unit(states[:, 0]))
    same(vectors(f"{of}&token=patches"), states[:, 1:])
    same(vectors(f"{of}&token=mean"), unit(states[:, 1:].mean(dim=1)))
    inner = model.forward_intermediates(pixels, output_fmt="NLC", return_prefix_tokens=True, intermediates_only=True)
    same(vectors(f"{of}&token=patches&layer=-2"), inner[-2][0])
    same(vectors(f"{of}&layer=1"), unit(inner[0][1][:, 0]))


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext"])
@torch.inference_mode()
def test_a_convolutional_network(name: str) -> None:
    model, pixels = reference(name)
    of = f"timm-features:{name}?weights=none"
    maps = model.forward_features(pixels)
    same(vectors(of), unit(model.forward_head(maps, pre_logits=True)))
    same(vectors(f"{of}&token=patches"), maps.flatten(2).transpose(1, 2))
    inner = model.forward_intermediates(pixels, intermediates_only=True)
    same(vectors(f"{of}&token=patches&layer=2"), inner[1].flatten(2).transpose(1, 2))
    same(vectors(f"{of}&layer=-2"), unit(inner[-2].mean(dim=(2, 3))))


def test_pixels_and_settings() -> None:
    _, pixels = reference("test_vit")
    encoder = load_target("timm-features:test_vit?weights=none", "cpu")
    prepared = torch.stack([encoder.prepare(picture) for picture in PICTURES])
    read, _ = encoder.reader.read(prepared, torch.device("cpu"), torch.float32)
    torch.testing.assert_close(read, pixels, atol=1e-5, rtol=0)
    assert str(encoder.settings).startswith("timm test_vit (image) · final layer · pooled, not projected · 160x160 px")
    assert encoder.task == "image-feature-extraction"


def test_weights_of_a_file(tmp_path: Path) -> None:
    module = timm.create_model("test_vit", pretrained=False, num_classes=4)
    save_file(module.state_dict(), tmp_path / "own.safetensors")
    encoder = load_target(f"timm-features:test_vit?weights={tmp_path}/own.safetensors", "cpu")
    torch.testing.assert_close(encoder.module.state_dict()["model.cls_token"], module.cls_token.data)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("test_vit?weights=none&layer=7", r"has no layer '7'; it has 1 to 6, or -6 to -1 counted from the end"),
        ("test_resnet?weights=none&token=cls", r"no token 'cls' after its final norm; it has pooled, mean, patches"),
        ("test_vit?weights=none&classes=a", r"no option 'classes'"),
        ("test_vit?weights=none&dtype=half", r"dtype cannot be 'half'; known: bfloat16, float16, float32"),
    ],
)
def test_what_does_not_exist(rest: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        load_target(f"timm-features:{rest}", "cpu")
    assert "\n" not in str(refused.value)
