"""Tiny random encoders on disk: the real architectures of CLIP, SigLIP, DINOv2 and open_clip, in no time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

from tests.support.tiny_text import SIZE, tiny_tokenizer

SIDE = 32  # pixels that the encoders read
BLOCKS = {"hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2}
VISION = {**BLOCKS, "image_size": SIDE, "patch_size": 8}
WORDS = 16  # tokens that the text towers read
TEXTS = ["a red car", "a blue car on a road", "", "Zebra!", "a sentence of many more letters than are read", "x"]
OPEN_CLIP = "tiny-open-clip"


def pictures(n: int = 4, seed: int = 0) -> list[Image.Image]:
    """Pictures of several sizes, with edges, areas and noise."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(n):
        height, width = (60, 47) if index % 2 else (41, 90)
        pixels = np.linspace(0, 255, height * width * 3).reshape(height, width, 3)
        pixels[height // 3 :, width // 4 : width // 2] = rng.integers(0, 256, 3)
        made.append(Image.fromarray((pixels + rng.normal(0, 12, pixels.shape)).clip(0, 255).astype(np.uint8)))
    return made


def _text(**more: Any) -> dict[str, Any]:
    special = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    return {**BLOCKS, "vocab_size": SIZE, "max_position_embeddings": WORDS, **special, **more}


def _model(kind: str, act: str) -> Any:
    if kind.startswith("CLIP"):
        vision = {**VISION, "hidden_act": act, "projection_dim": 12}
        text = _text(hidden_act=act, projection_dim=12)
        config: Any = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)
    elif kind.startswith("Siglip"):
        text = _text(projection_size=16, hidden_act=act)
        config = transformers.SiglipConfig(text_config=text, vision_config={**VISION, "hidden_act": act})
    else:
        own: Any = getattr(transformers, kind.replace("Model", "Config"))
        config = own(
            hidden_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            mlp_ratio=2,
            image_size=SIDE,
            patch_size=8,
            hidden_act=act,
        )
    if "Vision" in kind:
        config = config.vision_config
    elif "Text" in kind:
        config = config.text_config
    return getattr(transformers, kind)(config)


def hf_folder(folder: Path, kind: str, act: str = "gelu") -> Path:
    """Save a random encoder of an architecture, with image processor and tokenizer, and return the folder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = _model(kind, act)
        for parameter in model.parameters():  # norms, biases and probes differ from 0 and 1, so that none is idle
            parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    square = {"height": SIDE, "width": SIDE}
    if kind.startswith("Siglip"):
        processor: Any = transformers.SiglipImageProcessor(size=square)
    elif kind.startswith("CLIP"):
        processor = transformers.CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=square)
    else:
        processor = transformers.BitImageProcessor(size={"shortest_edge": 36}, crop_size=square)
    processor.save_pretrained(folder)
    tokenizer = tiny_tokenizer(bos=kind.startswith("CLIP"))
    tokenizer.model_max_length = WORDS
    tokenizer.save_pretrained(folder)
    if kind.startswith("Siglip"):  # as the published ones: the padding is read
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "model_input_names": ["input_ids"]}))
    return folder


def open_clip_config(**more: Any) -> dict[str, Any]:
    """A configuration of two small transformers with CLIP's own tokenizer."""
    return {
        "embed_dim": 12,
        "vision_cfg": {"image_size": SIDE, "layers": 3, "width": 16, "head_width": 8, "patch_size": 8},
        "text_cfg": {"context_length": WORDS, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 3},
        **more,
    }


def open_clip_folder(folder: Path, **more: Any) -> Path:
    """Save a random model of open_clip in a folder of its format, and return the folder."""
    import open_clip

    folder.mkdir(parents=True, exist_ok=True)
    config = open_clip_config(**more)
    preprocess = {
        "mean": [0.5, 0.4, 0.3],
        "std": [0.2, 0.3, 0.4],
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    content = {"model_cfg": config, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(content))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = open_clip.model.CLIP(**config)
        for parameter in model.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder
