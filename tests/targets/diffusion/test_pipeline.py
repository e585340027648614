"""Loading pipelines: options, adapters, and what is no pipeline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, get_peft_model_state_dict

from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.diffusion.sampling import BATCH, FILE, Sampling, sampling
from failscape.targets.diffusion.text_to_image import quiet
from tests.support.pipelines import new_pipeline


def test_a_folder_needs_no_scheme(folder: Path) -> None:
    assert load_target(str(folder), "cpu").task == "text-to-image"


def test_options_become_arguments(folder: Path) -> None:
    assert sampling("x", folder, {}) == Sampling()
    found = sampling("x", folder, {"steps": "7", "guidance": "2.5", "size": "64x32", "batch": "2", "slicing": "yes"})
    assert found.call == {"num_inference_steps": 7, "guidance_scale": 2.5, "width": 64, "height": 32}
    assert found.batch == 2 and found.slicing and not found.tiling
    drawn = load_target(f"diffusers:{folder}?steps=1&size=32x16&guidance=1&tiling=yes&slicing=yes", "cpu")(["a car"])
    assert drawn.pictures.shape == (1, 3, 16, 32)


def test_settings_beside_a_checkpoint_are_its_defaults(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    (own / FILE).write_text(json.dumps({"steps": 3, "guidance": 1.0}))
    assert sampling("x", own, {"guidance": "4"}) == Sampling(steps=3, guidance=4.0, batch=BATCH)
    (own / FILE).write_text("[")
    with pytest.raises(UsageError, match=r"sampling_config.json is damaged"):
        sampling("x", own, {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("step=3", "no option 'step'; did you mean steps"),
        ("steps=0", "steps is a whole number from 1 to 1000, not '0'"),
        ("steps=2.5", "steps is a whole number"),
        ("guidance=high", "guidance is a number from 0 to 100, not 'high'"),
        ("size=60", "multiples of 8 pixels, not '60'"),
        ("slicing=maybe", "slicing is one of yes, no"),
        ("offload=model", "offload keeps parts off a GPU, and the device is cpu"),
        ("scheduler=DDIMSchedule", "no scheduler 'DDIMSchedule'; did you mean DDIMScheduler"),
        ("dtype=half", "no type 'half'"),
        ("lora=nowhere", "there is no adapter nowhere"),
    ],
)
def test_options_that_are_none_are_refused(folder: Path, options: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_target(f"diffusers:{folder}?{options}", "cpu")


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_an_adapter_is_merged(folder: Path, tmp_path: Path, part: str) -> None:
    """Its pictures are those of plain diffusers with the adapter loaded, whichever network it is for."""
    trained = new_pipeline()
    names = ["to_q", "to_v"] if part == "unet" else ["q_proj", "v_proj"]
    config = LoraConfig(r=2, lora_alpha=4, target_modules=names, init_lora_weights="gaussian")
    network = getattr(trained, part)
    torch.manual_seed(0)  # of the gaussian weights
    network.add_adapter(config)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "lora_B" in name:
                weight.copy_(10 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
    layers = {f"{part}_lora_layers": get_peft_model_state_dict(network)}
    StableDiffusionPipeline.save_lora_weights(tmp_path, **layers)
    target = load_target(f"diffusers:{folder}?steps=2&guidance=1&lora={tmp_path}", "cpu")
    plain = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
    quiet(plain)
    call = {"num_inference_steps": 2, "guidance_scale": 1.0, "output_type": "pt"}
    without = plain(["a car"], generator=[torch.Generator().manual_seed(0)], **call).images
    plain.load_lora_weights(tmp_path)
    wanted = plain(["a car"], generator=[torch.Generator().manual_seed(0)], **call).images
    drawn = target(["a car"]).pictures.float() / 255
    assert (wanted - without).abs().max() > 0.02  # twice what may be between them
    torch.testing.assert_close(drawn, wanted, atol=0.01, rtol=0)
    file = load_target(f"diffusers:{folder}?steps=2&guidance=1&lora={next(tmp_path.glob('*.safetensors'))}", "cpu")
    assert torch.equal(file(["a car"]).pictures, target(["a car"]).pictures)
    assert target.module.state_dict().keys() == load_target(f"diffusers:{folder}", "cpu").module.state_dict().keys()


def test_what_is_no_pipeline_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no model_index\.json"):
        load_target(f"diffusers:{tmp_path}", "cpu")
    with pytest.raises(UsageError, match="there is no folder"):
        load_target(f"diffusers:{tmp_path / 'nothing'}", "cpu")
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    (damaged / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(UsageError, match="cannot be loaded as a text-to-image pipeline"):
        load_target(f"diffusers:{damaged}", "cpu")
    index = json.loads((folder / "model_index.json").read_text())
    index["_class_name"] = "StableDiffusionUpscalePipeline"
    (damaged / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(UsageError, match="cannot be loaded as a text-to-image pipeline"):
        load_target(f"diffusers:{damaged}", "cpu")


def test_pickled_weights_are_not_read(folder: Path, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(folder, pickled)
    file = pickled / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(new_pipeline().unet.state_dict(), file.with_suffix(".bin"))
    file.unlink()
    with pytest.raises(UsageError, match="cannot be loaded as a text-to-image pipeline"):
        load_target(f"diffusers:{pickled}", "cpu")
