"""One network in two libraries gives one vector: CLIP of transformers, its weights carried over to open_clip."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel

from failscape.targets import load_target
from tests.support.tiny_encoders import open_clip_folder, pictures

pytest.importorskip("open_clip")


def carried_over(model: CLIPModel, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state of an open_clip model with the image tower of transformers' CLIP."""
    own, found = model.state_dict(), dict(state)
    of, to = "vision_model", "visual"
    found[f"{to}.class_embedding"] = own[f"{of}.embeddings.class_embedding"]
    found[f"{to}.positional_embedding"] = own[f"{of}.embeddings.position_embedding.weight"]
    found[f"{to}.conv1.weight"] = own[f"{of}.embeddings.patch_embedding.weight"]
    found[f"{to}.proj"] = own["visual_projection.weight"].T.contiguous()
    pairs = [("ln_pre", "pre_layrnorm"), ("ln_post", "post_layernorm")]
    for n in range(3):
        block, layer = f"transformer.resblocks.{n}", f"encoder.layers.{n}"
        pairs += [(f"{block}.ln_1", f"{layer}.layer_norm1"), (f"{block}.ln_2", f"{layer}.layer_norm2")]
        pairs += [(f"{block}.mlp.c_fc", f"{layer}.mlp.fc1"), (f"{block}.mlp.c_proj", f"{layer}.mlp.fc2")]
        pairs += [(f"{block}.attn.out_proj", f"{layer}.self_attn.out_proj")]
        for kind in ("weight", "bias"):
            parts = [own[f"{of}.{layer}.self_attn.{name}_proj.{kind}"] for name in "qkv"]
            found[f"{to}.{block}.attn.in_proj_{kind}"] = torch.cat(parts)
    for ours, theirs in pairs:
        for kind in ("weight", "bias"):
            found[f"{to}.{ours}.{kind}"] = own[f"{of}.{theirs}.{kind}"]
    return found


@pytest.mark.parametrize("act", ["gelu", "quick_gelu"])
def test_every_vector_is_the_same_in_both(saved: Callable[..., Path], tmp_path: Path, act: str) -> None:
    source = saved("CLIPModel", act)
    folder = open_clip_folder(tmp_path / "carried", quick_gelu=act == "quick_gelu")
    file = folder / "open_clip_model.safetensors"
    save_file(carried_over(CLIPModel.from_pretrained(source), load_file(file)), file)
    processor = json.loads((source / "preprocessor_config.json").read_text())
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["preprocess_cfg"] |= {"mean": processor["image_mean"], "std": processor["image_std"]}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    options = ("", "projection=no", "token=patches", "token=mean", "layer=-2&token=patches", "layer=1")
    for option in options:
        one = load_target(f"hf:{source}?backend=pil&{option}".rstrip("&"), "cpu")
        other = load_target(f"open_clip:{folder}?{option}".rstrip("?"), "cpu")
        pixels = torch.stack([one.prepare(picture) for picture in pictures()])
        assert torch.equal(pixels, torch.stack([other.prepare(picture) for picture in pictures()]))
        found, expected = one(pixels).embeddings.numpy(), other(pixels).embeddings.numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=option)
        assert one.settings.activation == other.settings.activation == act
