"""CLIP, SigLIP and DINOv2 against transformers itself, called by hand."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from failscape.targets import load_target
from failscape.targets.base import TorchTarget
from tests.support.tiny_encoders import TEXTS, pictures

Saved = Callable[..., Path]
PICTURES = pictures()
BACKENDS = ("torchvision", "pil")


def pixels(folder: Path, backend: str) -> torch.Tensor:
    """What the reference processor makes of the pictures, one by one as their sizes differ."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend=backend)
    return torch.cat([processor(images=picture, return_tensors="pt")["pixel_values"] for picture in PICTURES])


def words(folder: Path, padding: str) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return tokenizer(TEXTS, padding=padding, truncation=True, max_length=16, return_tensors="pt")


def vectors(uri: str) -> np.ndarray:
    encoder = load_target(uri, "cpu")
    text = encoder.settings.modality == "text"
    inputs = TEXTS if text else torch.stack([encoder.prepare(picture) for picture in PICTURES])
    outputs = encoder(inputs)
    assert encoder.n_queries == len(inputs) and encoder.name == uri and isinstance(encoder, TorchTarget)
    assert encoder.task == ("feature-extraction" if text else "image-feature-extraction")
    torch.testing.assert_close(outputs.features.norm(dim=1), torch.ones(len(inputs)))
    return outputs.embeddings.numpy()


def unit(found: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(found, dim=-1).numpy()


def same(found: np.ndarray, expected: Any) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["CLIPModel", "SiglipModel", "Dinov2Model"])
def test_pixels_are_the_processors(saved: Saved, kind: str, backend: str) -> None:
    encoder = load_target(f"hf:{saved(kind)}?backend={backend}", "cpu")
    prepared = torch.stack([encoder.prepare(picture) for picture in PICTURES])
    assert prepared.dtype == torch.uint8
    read, cut = encoder.reader.read(prepared, torch.device("cpu"), torch.float32)
    torch.testing.assert_close(read, pixels(saved(kind), backend), atol=1e-5, rtol=0)
    assert not cut.any()
    assert encoder.settings.backend == backend


def test_the_two_backends_resize_differently(saved: Saved) -> None:
    one, other = (vectors(f"hf:{saved('CLIPModel')}?backend={backend}") for backend in BACKENDS)
    assert np.abs(one - other).max() > 1e-5
    np.testing.assert_array_equal(vectors(f"hf:{saved('CLIPModel')}"), one)


@pytest.mark.parametrize("act", ["gelu", "quick_gelu"])
@pytest.mark.parametrize("backend", BACKENDS)
@torch.inference_mode()
def test_pictures_of_clip(saved: Saved, act: str, backend: str) -> None:
    folder = saved("CLIPModel", act)
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    read = pixels(folder, backend)
    of = f"hf:{folder}?backend={backend}"
    same(vectors(of), unit(model.get_image_features(read).pooler_output))
    whole = model.vision_model(read, output_hidden_states=True)
    same(vectors(f"{of}&projection=no"), unit(whole.pooler_output))
    same(vectors(f"{of}&token=cls"), unit(whole.pooler_output))
    normed = model.vision_model.post_layernorm(whole.last_hidden_state[:, 1:])
    same(vectors(f"{of}&token=patches"), normed)
    same(vectors(f"{of}&token=mean"), unit(normed.mean(dim=1)))
    same(vectors(f"{of}&token=patches&layer=-2"), whole.hidden_states[-2][:, 1:])
    same(vectors(f"{of}&token=patches&layer=2"), whole.hidden_states[-2][:, 1:])
    same(vectors(f"{of}&layer=1"), unit(whole.hidden_states[1][:, 0]))
    same(vectors(f"{of}&layer=3&token=mean"), unit(whole.last_hidden_state[:, 1:].mean(dim=1)))


@pytest.mark.parametrize("act", ["gelu", "quick_gelu"])
@torch.inference_mode()
def test_texts_of_clip_end_at_their_end(saved: Saved, act: str) -> None:
    folder = saved("CLIPModel", act)
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    of = f"hf:{folder}?tower=text"
    for padding in ("longest", "max_length"):
        read = words(folder, padding)
        same(vectors(of), unit(model.get_text_features(**read).pooler_output))
    whole = model.text_model(**read, output_hidden_states=True)
    same(vectors(f"{of}&projection=no"), unit(whole.pooler_output))
    ends = (read["input_ids"] == 1).int().argmax(dim=1)
    same(vectors(f"{of}&layer=-2"), unit(whole.hidden_states[-2][torch.arange(len(TEXTS)), ends]))
    means = [states[: end + 1].mean(dim=0) for states, end in zip(whole.last_hidden_state, ends, strict=True)]
    same(vectors(f"{of}&token=mean"), unit(torch.stack(means)))


@torch.inference_mode()
def test_texts_of_an_old_clip_end_at_the_highest_id(saved: Saved, tmp_path: Path) -> None:
    folder = shutil.copytree(saved("CLIPModel"), tmp_path / "old")
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["eos_token_id"] = 2
    (folder / "config.json").write_text(json.dumps(config))
    model = transformers.CLIPModel.from_pretrained(folder).eval()
    whole = model.text_model(**words(folder, "longest"), output_hidden_states=True)
    same(vectors(f"hf:{folder}?tower=text&projection=no"), unit(whole.pooler_output))
    rows = [model.text_model.final_layer_norm(states) for states in whole.hidden_states[3:]]
    places = words(folder, "longest")["input_ids"].argmax(dim=1)
    same(unit(rows[0][torch.arange(len(TEXTS)), places]), unit(whole.pooler_output))
    same(vectors(f"hf:{folder}?tower=text&layer=3"), unit(whole.hidden_states[3][torch.arange(len(TEXTS)), places]))


@pytest.mark.parametrize("backend", BACKENDS)
@torch.inference_mode()
def test_pictures_of_siglip(saved: Saved, backend: str) -> None:
    folder = saved("SiglipModel", "gelu_pytorch_tanh")
    model = transformers.SiglipModel.from_pretrained(folder).eval()
    read = pixels(folder, backend)
    whole = model.vision_model(read, output_hidden_states=True)
    of = f"hf:{folder}?backend={backend}"
    same(vectors(of), unit(model.get_image_features(read).pooler_output))
    same(vectors(f"{of}&token=patches"), whole.last_hidden_state)
    same(vectors(f"{of}&token=patches&layer=-2"), whole.hidden_states[-2])
    same(vectors(f"{of}&layer=1"), unit(whole.hidden_states[1].mean(dim=1)))


@torch.inference_mode()
def test_texts_of_siglip_are_padded_to_the_full_length(saved: Saved) -> None:
    folder = saved("SiglipModel")
    model = transformers.SiglipModel.from_pretrained(folder).eval()
    read = words(folder, "max_length")
    assert read["input_ids"].shape == (len(TEXTS), 16) and list(read) == ["input_ids"]
    whole = model.text_model(**read, output_hidden_states=True)
    of = f"hf:{folder}?tower=text"
    same(vectors(of), unit(model.get_text_features(**read).pooler_output))
    same(vectors(f"{of}&projection=no"), unit(whole.last_hidden_state[:, -1]))
    same(vectors(f"{of}&layer=2"), unit(whole.hidden_states[2][:, -1]))
    same(vectors(f"{of}&token=mean"), unit(whole.last_hidden_state.mean(dim=1)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("kind", "first"), [("Dinov2Model", 1), ("Dinov2WithRegistersModel", 5)])
@torch.inference_mode()
def test_pictures_of_dinov2(saved: Saved, kind: str, first: int, backend: str) -> None:
    folder = saved(kind)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    whole = model(pixels(folder, backend), output_hidden_states=True)
    of = f"hf:{folder}?backend={backend}"
    same(vectors(of), unit(whole.last_hidden_state[:, 0]))
    same(vectors(of), unit(whole.pooler_output))
    same(vectors(f"{of}&token=patches"), whole.last_hidden_state[:, first:])
    same(vectors(f"{of}&token=mean"), unit(whole.last_hidden_state[:, first:].mean(dim=1)))
    same(vectors(f"{of}&token=patches&layer=1"), whole.hidden_states[1][:, first:])
    same(vectors(f"{of}&layer=-1"), unit(whole.hidden_states[3][:, 0]))


@torch.inference_mode()
def test_single_towers(saved: Saved) -> None:
    for kind in ("CLIPVisionModelWithProjection", "CLIPVisionModel", "SiglipVisionModel"):
        model = getattr(transformers, kind).from_pretrained(saved(kind)).eval()
        whole = model(pixels(saved(kind), "torchvision"))
        expected = whole.image_embeds if "Projection" in kind else whole.pooler_output
        same(vectors(f"hf:{saved(kind)}"), unit(expected))
    for kind in ("CLIPTextModelWithProjection", "CLIPTextModel", "SiglipTextModel"):
        model = getattr(transformers, kind).from_pretrained(saved(kind)).eval()
        whole = model(**words(saved(kind), "max_length"))
        same(vectors(f"hf:{saved(kind)}"), unit(whole.text_embeds if "Projection" in kind else whole.pooler_output))


def test_one_tower_is_the_same_whatever_it_was_saved_with(saved: Saved, tmp_path: Path) -> None:
    both = transformers.CLIPModel.from_pretrained(saved("CLIPModel"))
    alone = transformers.CLIPVisionModelWithProjection.from_pretrained(saved("CLIPModel"))
    alone.save_pretrained(shutil.copytree(saved("CLIPModel"), tmp_path / "alone"))
    one, other = (load_target(f"hf:{folder}", "cpu") for folder in (saved("CLIPModel"), tmp_path / "alone"))
    assert one.settings == other.settings and one.settings.key == other.settings.key
    assert both.config.projection_dim == alone.config.projection_dim


@torch.inference_mode()
def test_the_activation_can_be_another(saved: Saved) -> None:
    quick, exact = saved("CLIPModel", "quick_gelu"), saved("CLIPModel", "gelu")
    for tower in ("image", "text"):
        changed = vectors(f"hf:{quick}?tower={tower}&activation=gelu")
        same(changed, vectors(f"hf:{exact}?tower={tower}"))  # their weights are the same
        assert np.abs(changed - vectors(f"hf:{quick}?tower={tower}")).max() > 1e-5
    settings = load_target(f"hf:{quick}", "cpu").settings
    assert settings.activation == "quick_gelu"
    assert load_target(f"hf:{quick}?activation=gelu", "cpu").settings.activation == "gelu"
    siglip = load_target(f"hf:{saved('SiglipModel')}?activation=gelu_pytorch_tanh", "cpu")
    assert siglip.settings.activation == "gelu_pytorch_tanh"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_close_and_said(saved: Saved, dtype: str) -> None:
    uri = f"hf:{saved('CLIPModel')}"
    found = vectors(f"{uri}?dtype={dtype}")
    assert 0 < np.abs(found - vectors(uri)).max() < 0.05
    settings = load_target(f"{uri}?dtype={dtype}", "cpu").settings
    assert settings.dtype == dtype and settings.weights.startswith(f"{dtype}:")


@pytest.mark.parametrize("tower", ["image", "text"])
@pytest.mark.parametrize("kind", ["CLIPModel", "SiglipModel"])
def test_a_batch_is_its_rows_one_by_one(saved: Saved, kind: str, tower: str) -> None:
    encoder = load_target(f"hf:{saved(kind)}?tower={tower}", "cpu")
    text = tower == "text"
    inputs: Any = TEXTS if text else torch.stack([encoder.prepare(picture) for picture in PICTURES])
    whole = encoder(inputs)
    single = [encoder(inputs[row : row + 1]) for row in range(len(inputs))]
    same(whole.embeddings.numpy(), torch.cat([outputs.embeddings for outputs in single]))
    encoder.batch_size = 3
    same(whole.embeddings.numpy(), encoder(inputs).embeddings)
    nothing = encoder(inputs[:0])
    assert nothing.embeddings.shape == (0, whole.embeddings.shape[1]) and len(nothing.truncated()) == 0
    assert encoder.n_queries == 3 * len(inputs)


def test_texts_that_are_cut_are_said(saved: Saved) -> None:
    encoder = load_target(f"hf:{saved('CLIPModel')}?tower=text", "cpu")
    texts = np.array(["x" * 14, "x" * 15, "a"], object)
    outputs = encoder(texts)
    assert outputs.truncated().tolist() == [False, True, False]
    assert encoder.prepare("x" * 99) == "x" * 99
    torch.testing.assert_close(outputs.embeddings[0], outputs.embeddings[1])


def test_grey_and_transparent_pictures(saved: Saved) -> None:
    encoder = load_target(f"hf:{saved('CLIPModel')}", "cpu")
    assert encoder.prepare(Image.new("L", (50, 40), 7)).shape == (3, 32, 32)
    assert encoder.prepare(Image.new("RGBA", (50, 40))).shape == (3, 32, 32)


def test_other_weights_make_another_encoder(saved: Saved) -> None:
    encoder = load_target(f"hf:{saved('Dinov2Model')}", "cpu")
    inputs = torch.stack([encoder.prepare(picture) for picture in PICTURES])
    before = encoder(inputs).embeddings
    twin = encoder.with_weights({name: tensor * 1.1 for name, tensor in encoder.module.state_dict().items()})
    assert twin.n_queries == 0 and twin.settings.weights != encoder.settings.weights
    assert (twin(inputs).embeddings - before).abs().max() > 1e-4
    torch.testing.assert_close(encoder(inputs).embeddings, before)
    assert not any(p.requires_grad for p in encoder.module.parameters()) and not encoder.module.training
    with pytest.raises(ValueError, match="does not fit"):
        encoder.with_weights({"strange": torch.zeros(1)})
