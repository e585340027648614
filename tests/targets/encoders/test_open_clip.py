"""The encoders of open_clip against the library itself, with its own tokenizer and transform."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from failscape.errors import UsageError
from failscape.targets import hub, load_target
from tests.support.tiny_encoders import open_clip_config, open_clip_folder, pictures

open_clip = pytest.importorskip("open_clip")
PICTURES = pictures()
TEXTS = ["a red car", "hey! a blue car", "", "words " * 40, "x"]


@pytest.fixture(scope="module")
def model(open_clip_saved: Path) -> Any:
    config = json.loads((open_clip_saved / "open_clip_config.json").read_text())["model_cfg"]
    made = open_clip.model.CLIP(**config).eval()
    made.load_state_dict(load_file(open_clip_saved / "open_clip_model.safetensors"))
    return made


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    cfg = open_clip.transform.PreprocessCfg(size=32, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
    transform = open_clip.transform.image_transform_v2(cfg, is_train=False)
    return torch.stack([transform(picture) for picture in PICTURES])


def vectors(uri: str) -> np.ndarray:
    encoder = load_target(uri, "cpu")
    inputs = (
        TEXTS
        if encoder.settings.modality == "text"
        else torch.stack([encoder.prepare(picture) for picture in PICTURES])
    )
    return encoder(inputs).embeddings.numpy()


def unit(found: torch.Tensor) -> np.ndarray:
    return torch.nn.functional.normalize(found, dim=-1).numpy()


def same(found: np.ndarray, expected: Any) -> None:
    np.testing.assert_allclose(found, np.asarray(expected), atol=1e-5, rtol=0)


def test_pixels_are_the_transforms(open_clip_saved: Path, pixels: torch.Tensor) -> None:
    encoder = load_target(f"open_clip:{open_clip_saved}", "cpu")
    prepared = torch.stack([encoder.prepare(picture) for picture in PICTURES])
    read, _ = encoder.reader.read(prepared, torch.device("cpu"), torch.float32)
    torch.testing.assert_close(read, pixels, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_pictures(open_clip_saved: Path, model: Any, pixels: torch.Tensor) -> None:
    of = f"open_clip:{open_clip_saved}"
    same(vectors(of), model.encode_image(pixels, normalize=True))
    found = model.visual.forward_intermediates(pixels, output_fmt="NLC", output_extra_tokens=True)
    normed = model.visual.ln_post(found["image_intermediates"][2])
    cls = model.visual.ln_post(found["image_intermediates_prefix"][2])[:, 0]
    same(unit(cls @ model.visual.proj), model.encode_image(pixels, normalize=True))
    same(vectors(f"{of}?projection=no"), unit(cls))
    same(vectors(f"{of}?token=cls"), unit(cls))
    same(vectors(f"{of}?token=patches"), normed)
    same(vectors(f"{of}?token=mean"), unit(normed.mean(dim=1)))
    same(vectors(f"{of}?token=patches&layer=-2"), found["image_intermediates"][1])
    same(vectors(f"{of}?layer=1"), unit(found["image_intermediates_prefix"][0][:, 0]))


@torch.inference_mode()
def test_texts(open_clip_saved: Path, model: Any) -> None:
    of = f"open_clip:{open_clip_saved}?tower=text"
    ids = open_clip.SimpleTokenizer(context_length=16)(TEXTS)
    same(vectors(of), model.encode_text(ids, normalize=True))
    found = model.forward_intermediates(text=ids)["text_intermediates"]
    ends, rows = ids.argmax(dim=1), torch.arange(len(ids))
    normed = model.ln_final(found[2])
    same(vectors(f"{of}&projection=no"), unit(normed[rows, ends]))
    same(vectors(f"{of}&layer=2"), unit(found[1][rows, ends]))
    means = [states[: end + 1].mean(dim=0) for states, end in zip(normed, ends, strict=True)]
    same(vectors(f"{of}&token=mean"), unit(torch.stack(means)))
    assert load_target(of, "cpu")(TEXTS).truncated().tolist() == [False, False, False, True, False]


@torch.inference_mode()
def test_the_activation_is_what_was_asked_for(open_clip_saved: Path, model: Any, pixels: torch.Tensor) -> None:
    quick = open_clip.model.CLIP(**open_clip_config(quick_gelu=True)).eval()
    quick.load_state_dict(model.state_dict())
    ids = open_clip.SimpleTokenizer(context_length=16)(TEXTS)
    of = f"open_clip:{open_clip_saved}"
    same(vectors(f"{of}?activation=quick_gelu"), quick.encode_image(pixels, normalize=True))
    same(vectors(f"{of}?tower=text&activation=quick_gelu"), quick.encode_text(ids, normalize=True))
    assert np.abs(vectors(f"{of}?activation=quick_gelu") - vectors(of)).max() > 1e-5
    assert load_target(f"{of}?activation=quick_gelu", "cpu").settings.activation == "quick_gelu"


def test_a_folder_says_its_activation(tmp_path: Path) -> None:
    folder = open_clip_folder(tmp_path / "quick", quick_gelu=True)
    assert load_target(f"open_clip:{folder}", "cpu").settings.activation == "quick_gelu"
    assert load_target(f"open_clip:{folder}?activation=gelu", "cpu").settings.activation == "gelu"


@torch.inference_mode()
def test_squash_is_a_way_to_resize(tmp_path: Path) -> None:
    folder = open_clip_folder(tmp_path / "squash")
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"]["resize_mode"] = "squash"
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    encoder = load_target(f"open_clip:{folder}", "cpu")
    cfg = open_clip.transform.PreprocessCfg(size=32, **config["preprocess_cfg"])
    expected = open_clip.transform.image_transform_v2(cfg, is_train=False)(PICTURES[0])
    read, _ = encoder.reader.read(encoder.prepare(PICTURES[0])[None], torch.device("cpu"), torch.float32)
    torch.testing.assert_close(read[0], expected, atol=1e-5, rtol=0)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small architecture in open_clip's own registry, with weights that were trained with the quick activation."""
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIG_PATHS", list(open_clip.factory._MODEL_CONFIG_PATHS))
    monkeypatch.setattr(open_clip.factory, "_MODEL_CONFIGS", dict(open_clip.factory._MODEL_CONFIGS))
    (tmp_path / "tiny-clip.json").write_text(json.dumps(open_clip_config()))
    open_clip.add_model_config(tmp_path / "tiny-clip.json")
    folder = open_clip_folder(tmp_path / "published")
    tag = {"hf_hub": "org/tiny/", "quick_gelu": True, "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5)}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny-clip", {"openai": tag, "elsewhere": {"url": "x"}})
    monkeypatch.setattr(hub, "snapshot_download", lambda repo, **options: str(folder))
    return "open_clip:tiny-clip"


def test_published_weights_with_another_activation_are_refused(registered: str) -> None:
    with pytest.raises(UsageError) as refused:
        load_target(f"{registered}?weights=openai", "cpu")
    assert str(refused.value) == (
        "open_clip:tiny-clip: the weights 'openai' were trained with the activation quick_gelu, and this architecture "
        "has gelu; add activation=quick_gelu"
    )
    encoder = load_target(f"{registered}?weights=openai&activation=quick_gelu", "cpu")
    assert encoder.settings.activation == "quick_gelu"
    assert encoder.reader.transform.mean == (0.1, 0.2, 0.3)  # the tag's
    real = "open_clip:ViT-B-32?weights=openai"  # refused before anything is asked for
    with pytest.raises(UsageError, match="add activation=quick_gelu"):
        load_target(real, "cpu")


def test_random_weights_repeat_and_leave_the_logging_alone(registered: str, capfd: pytest.CaptureFixture[str]) -> None:
    handlers = list(logging.getLogger().handlers)
    one, other = (load_target(f"{registered}?weights=none", "cpu") for _ in range(2))
    assert one.settings == other.settings
    assert logging.getLogger().handlers == handlers and capfd.readouterr() == ("", "")


def test_weights_of_a_file(registered: str, tmp_path: Path) -> None:
    file = tmp_path / "published" / "open_clip_model.safetensors"
    encoder = load_target(f"{registered}?weights={file}", "cpu")
    expected = load_file(file)["visual.conv1.weight"]
    torch.testing.assert_close(encoder.module.state_dict()["model.conv1.weight"], expected)
    torch.save({"state_dict": {f"module.{key}": value for key, value in load_file(file).items()}}, tmp_path / "own.pt")
    assert load_target(f"{registered}?weights={tmp_path / 'own.pt'}", "cpu").settings == encoder.settings
    torch.save({"conv": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(UsageError, match=r"with the weights .*other\.pt cannot be loaded: .*Missing key"):
        load_target(f"{registered}?weights={tmp_path / 'other.pt'}", "cpu")


class Malicious:
    def __reduce__(self) -> Any:
        return (print, ("this code ran",))


def test_a_malicious_file_is_refused(registered: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"state_dict": {"a": Malicious()}}, tmp_path / "bad.pt")
    with pytest.raises(UsageError, match="holds more than tensors, which could run code"):
        load_target(f"{registered}?weights={tmp_path / 'bad.pt'}", "cpu")
    assert "this code ran" not in capsys.readouterr().out


def test_other_kinds_of_tower_have_the_pooled_vector_only(tmp_path: Path) -> None:
    vision = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 8}
    folder = open_clip_folder(tmp_path / "resnet", vision_cfg=vision)
    encoder = load_target(f"open_clip:{folder}", "cpu")
    assert encoder(torch.stack([encoder.prepare(picture) for picture in PICTURES])).embeddings.shape == (4, 12)
    with pytest.raises(UsageError, match=r"has no token 'patches' after its final norm; it has pooled"):
        load_target(f"open_clip:{folder}?token=patches", "cpu")
    with pytest.raises(UsageError, match=r"has no layer '1'; its inner layers cannot be read"):
        load_target(f"open_clip:{folder}?layer=1", "cpu")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("ViT-B-23?weights=none", r"open_clip has no model 'ViT-B-23'; did you mean ViT-B-32\?"),
        ("ViT-B-32", r"has no weights of its own: write \?weights= with a file, none, or a tag; "),
        ("ViT-B-32?weights=openia", r"has no weights 'openia': .* a tag; did you mean openai\?"),
        ("tiny-clip?weights=elsewhere", r"are not on the hub; download them and pass \?weights=FILE"),
        ("tiny-clip?weights=missing.pt", r"no weights file missing\.pt"),
        ("tiny-clip?weights=none&activation=relu", r"activation cannot be 'relu'; did you mean gelu"),
        ("tiny-clip?weights=none&layer=9", r"has no layer '9'; it has 1 to 3"),
        ("tiny-clip?weights=none&backend=pil", r"no option 'backend'"),
    ],
)
def test_what_does_not_exist(registered: str, rest: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        load_target(f"open_clip:{rest}", "cpu")
    assert "\n" not in str(refused.value)


def test_a_folder_without_config(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no open_clip_config\.json"):
        load_target(f"open_clip:{tmp_path}", "cpu")
