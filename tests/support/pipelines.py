"""A Stable Diffusion pipeline of random weights, small and otherwise as published: real classes, real files."""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL, DDIMScheduler, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.embedded import embedded_folder

SMALL = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}


def new_pipeline(checker: StableDiffusionSafetyChecker | None = None) -> StableDiffusionPipeline:
    """The same weights at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tokenizer = CLIPTokenizer.from_pretrained(embedded_folder("street-clip"))
        text = CLIPTextConfig(vocab_size=len(tokenizer), max_position_embeddings=60, eos_token_id=1, **SMALL)
        blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
        unet = UNet2DConditionModel(
            sample_size=8,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=2,
            **blocks,
        )
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, **blocks
        )
        return StableDiffusionPipeline(
            vae=vae.eval(),
            text_encoder=CLIPTextModel(text).eval(),
            tokenizer=tokenizer,
            unet=unet.eval(),
            scheduler=PNDMScheduler(skip_prk_steps=True, steps_offset=1),
            safety_checker=checker,
            feature_extractor=None if checker is None else CLIPImageProcessor(size=8, crop_size=8),
            requires_safety_checker=checker is not None,
        )


def strict_checker() -> StableDiffusionSafetyChecker:
    """A safety checker that lets nothing pass."""
    vision = {**SMALL, "image_size": 8, "patch_size": 4}
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, text_config=SMALL, projection_dim=8))
    checker.concept_embeds_weights.data.fill_(-2.0)
    return checker.eval()


def tiny_drawer() -> TextToImage:
    """A target of random weights that draws 64 px, as the judges of street scenes see them, in one step."""
    pipeline = new_pipeline()
    pipeline.scheduler = DDIMScheduler(steps_offset=1, clip_sample=False)  # which asks once per step
    quiet(pipeline)
    return TextToImage(pipeline, Sampling(steps=1, guidance=1.0, width=64, height=64, batch=64), name="tiny-drawer")


DRAWN = {"prompts": "street:prompts", "pictures": 6}  # what an environment around it is made of
