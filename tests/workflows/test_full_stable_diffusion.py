"""The architecture of Stable Diffusion 1.4 as it was published, with random weights: explored, and one step of LoRA."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from failscape.envs.gym_views import ConceptVectorEnv
from failscape.mitigation import fine_tune, training_config
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.embedded import embedded_folder
from tests.support.bright import FAILURES, bright_mdp

# unet/config.json, vae/config.json and text_encoder/config.json of CompVis/stable-diffusion-v1-4.
UNET = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
}
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
}


@pytest.fixture(scope="module")
def target() -> TextToImage:
    """A billion parameters; pictures of 64 px, which its networks take as they take 512."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pipeline = StableDiffusionPipeline(
            vae=AutoencoderKL(**VAE).eval(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT, eos_token_id=1)).eval(),
            tokenizer=CLIPTokenizer.from_pretrained(embedded_folder("street-clip")),
            unet=UNet2DConditionModel(**UNET).eval(),
            scheduler=PNDMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                skip_prk_steps=True,
                steps_offset=1,
            ),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    quiet(pipeline)
    return TextToImage(pipeline, Sampling(steps=1, guidance=1.0, width=64, height=64, batch=2))


@pytest.mark.slow
def test_it_is_explored_and_takes_a_step_of_lora(target: TextToImage) -> None:
    sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in target.module.items()}
    assert sizes == {"vae": 83_653_863, "text_encoder": 123_060_480, "unet": 859_520_964}  # as published
    mdp = bright_mdp(target, limit=300.0, pictures=2)  # whatever is red fails
    envs = ConceptVectorEnv(mdp, 2)
    envs.reset(seed=0)
    _, _, terminated, _, info = envs.step(np.array([0, 1]))
    assert terminated.all() and info["final_info"]["failed"].tolist() == [True, False]
    easy = bright_mdp(target, limit=-1.0, pictures=8)  # of which the judge finds every picture right
    settings = {"epochs": 1, "steps": 1, "batch_size": 1, "pictures": 2, "average": 0.0, "lr": 1e-3}
    fitted = fine_tune(easy, FAILURES, training_config("text-to-image", None, settings))
    assert fitted.n_weights > 500_000 and not fitted.diverged and len(fitted.history) == 2
    before = target.module.state_dict()
    changed = [name for name, weight in fitted.weights.items() if not torch.equal(weight, before[name])]
    assert all("attn" in name for name in changed)
