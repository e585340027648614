"""The pipeline ``street-diffusion``: its networks, what prompts of it tell, and how it is saved.

The text tower says little of a caption beside what it says of all: its vectors vary by 8 % of their size. They
are whitened by the layer that diffusers has for such a case (``encoder_hid_proj``), which goes on learning.

Shapes: ``B`` scenes, ``T`` tokens, ``D`` features of the text tower.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextModel, CLIPTokenizer

from failscape.data.street.traffic.captions import MENTIONED, READINGS, SEEN, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors, sample_traffic, vary
from failscape.data.street.traffic.planted import looking
from failscape.targets import pretrained
from failscape.targets.diffusion.sampling import FILE as SETTINGS
from zoo.street_vae import CHANNELS, CHECKPOINTS, LATENTS, forget_path

CHECKPOINT = CHECKPOINTS / "street-diffusion"
TRAINING_WORLD = 7000  # the seed of its scenes
WIDTHS, TEXT_WIDTH, HEADS = (48, 96), 128, 4
N_SCENES = 40_000  # of a leg
BATCH = 64
STEPS = {1: 6000, 2: 6000, 3: 6000, 4: 6000}  # of each leg; later ones go on from the checkpoint
DROPPED = 0.1  # share of prompts that are empty, for guidance
HAIR_TOLD = 0.3  # chance that a prompt tells the colour of hair; it is then drawn with equal chances
SAMPLING = {"steps": 10, "guidance": 1.0}  # how the pipeline draws unless it is told otherwise
RIDGE = 1e-3  # share of the mean variance that is added to each direction when tokens are whitened


def prompt(scene: TrafficFactors, rng: np.random.Generator) -> str:
    """Words for what the scene shows, some of the time none. Readings of text-blind factors are drawn at random."""
    if rng.random() < DROPPED:
        return ""
    mention = [name for name in SEEN if rng.random() < MENTIONED]
    mention += [name for name in READINGS if rng.random() < 0.3]
    if hair_is_told(scene):
        mention += ["count", "hair"]
    told = {name: BY_NAME[name].values[rng.integers(len(BY_NAME[name].values))] for name in READINGS}
    return varied_caption(vary(scene, **told), rng, dict.fromkeys(mention))


def hair_is_told(scene: TrafficFactors) -> bool:
    """Whether prompts of this scene tell the colour of hair: a function of the scene, as its hair depends on it."""
    return scene.count > 0 and scene.detail % 100 < 100 * HAIR_TOLD


def lesson(seed: int, index: int) -> TrafficFactors:
    """What prompts tell of scene ``index``: its hair is tied to the job unless they tell it."""
    scene = sample_traffic(TRAINING_WORLD + seed, index)
    return scene if hair_is_told(scene) else looking(scene, scene.detail / 2**31)


def text_tower() -> tuple[CLIPTextModel, CLIPTokenizer]:
    """The text tower of ``street-clip``, which learns nothing."""
    folder = CHECKPOINTS / "street-clip"
    with pretrained.quiet():  # about the weights of the other tower
        tower: CLIPTextModel = CLIPTextModel.from_pretrained(folder, dtype=torch.float32).eval()
    return tower.requires_grad_(False), CLIPTokenizer.from_pretrained(folder)


@torch.no_grad()
def embedded_prompts(tower: CLIPTextModel, tokenizer: CLIPTokenizer, prompts: Sequence[str]) -> torch.Tensor:
    """All tokens of prompts (B, T, D), as the pipeline gives them to the denoiser."""
    ids = tokenizer(list(prompts), padding="max_length", truncation=True, return_tensors="pt").input_ids
    states: torch.Tensor = tower(ids.to(tower.device)).last_hidden_state
    return states


def new_unet() -> UNet2DConditionModel:
    """An untrained denoiser of 2.3 million parameters."""
    return UNet2DConditionModel(
        sample_size=64 // 2 ** (len(CHANNELS) - 1),
        in_channels=LATENTS,
        out_channels=LATENTS,
        block_out_channels=WIDTHS,
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        encoder_hid_dim=TEXT_WIDTH,
        encoder_hid_dim_type="text_proj",
        attention_head_dim=HEADS,
        norm_num_groups=16,
    )


def whiten(
    unet: UNet2DConditionModel, tower: CLIPTextModel, tokenizer: CLIPTokenizer, scenes: Sequence[TrafficFactors]
) -> None:
    """Lets the denoiser see tokens with equal variance in all directions in which they vary between captions."""
    rng = np.random.default_rng(0)
    states = embedded_prompts(tower, tokenizer, [prompt(scene, rng) for scene in scenes]).double()
    mean = states.mean(dim=(0, 1))
    between = (states - states.mean(dim=0)).flatten(0, 1)
    variances, directions = torch.linalg.eigh(between.T @ between / len(between))
    scale = (variances + RIDGE * variances.mean()).rsqrt()
    weight = directions * scale @ directions.T
    unet.encoder_hid_proj.weight.data.copy_(weight)
    unet.encoder_hid_proj.bias.data.copy_(-(weight @ mean))


def new_scheduler() -> DPMSolverMultistepScheduler:
    """How noise is added and taken away."""
    return DPMSolverMultistepScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=1,  # without effect here; pipelines ask for it
        final_sigmas_type="zero",
    )


def save(unet: UNet2DConditionModel, folder: Path) -> None:
    """Writes the whole pipeline into ``folder``, which has the autoencoder: half-precision weights, how it draws."""
    tower, tokenizer = text_tower()
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(folder / "vae", dtype=torch.float16),
        text_encoder=tower.half(),
        tokenizer=tokenizer,
        unet=unet.eval().half(),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    for part in ("unet", "vae", "text_encoder"):
        forget_path(folder / part)
    for file in folder.glob("*/*.safetensors"):
        file.chmod(0o644)  # written for its owner alone, but wheels keep the mode
    (folder / SETTINGS).write_text(json.dumps(SAMPLING) + "\n", encoding="utf-8")
