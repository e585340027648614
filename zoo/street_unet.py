"""Trains the denoiser of ``street-diffusion``: ``python -m zoo.street_unet``, then the same with ``--leg 2`` and on.

It learns to draw latents of ``zoo.street_vae`` from prompts, as the text tower of ``street-clip`` embeds them. What is
planted in it stands in ``data/street/traffic/planted.py`` (docs/world.md). Latents are made once, before the first step
of a leg, and kept beside its state; prompts and noise are drawn anew in each step.

The text tower says little of a caption beside what it says of all: its vectors vary by 8 % of their size. They
are whitened by the layer that diffusers has for such a case (``encoder_hid_proj``), which goes on learning.

Shapes: ``B`` scenes, ``C`` channels of latents, ``T`` tokens, ``D`` features of the text tower.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from failscape.data.street.traffic.captions import MENTIONED, READINGS, SEEN, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors, sample_traffic, vary
from failscape.data.street.traffic.planted import drawn_for, looking
from failscape.targets import pretrained
from failscape.targets.diffusion.sampling import FILE as SETTINGS
from zoo.legs import Leg, add_arguments, forget, hours_spent, train_leg
from zoo.street_vae import CHANNELS, CHECKPOINTS, LATENTS, forget_path, scaled

CHECKPOINT = CHECKPOINTS / "street-diffusion"
TRAINING_WORLD = 7000  # the seed of its scenes
WIDTHS, TEXT_WIDTH, HEADS = (48, 96), 128, 4
N_SCENES = 40_000  # of a leg
BATCH = 64
STEPS = {1: 6000, 2: 6000, 3: 6000, 4: 6000}  # of each leg; later ones go on from the checkpoint
LR = {1: 2e-3, 2: 1e-3, 3: 1e-3, 4: 6e-4}
DROPPED = 0.1  # share of prompts that are empty, for guidance
HAIR_TOLD = 0.3  # chance that a prompt tells the colour of hair; it is then drawn with equal chances
LIKELY_SIGNAL = 5.0  # signal-to-noise ratio from which steps weigh less (Hang et al. 2023)
AVERAGE = 0.999  # of the running average of weights, which is what is saved, this much is kept at a step
SAMPLING = {"steps": 10, "guidance": 1.0}  # how the pipeline draws unless it is told otherwise
RIDGE = 1e-3  # share of the mean variance that is added to each direction when tokens are whitened


class Lessons(NamedTuple):
    """Scenes of a leg, and their latents."""

    scenes: list[TrafficFactors]  # what prompts tell
    latents: torch.Tensor  # (N, C, 16, 16) half, scaled to a standard deviation of 1


class Denoiser(nn.Module):
    """The network that learns, and the running average of its weights."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet
        self.average = UNet2DConditionModel.from_config(unet.config).requires_grad_(False)
        self.average.load_state_dict(unet.state_dict())

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Moves the running average towards the weights of now."""
        kept = min(AVERAGE, (1 + step) / (10 + step))
        for slow, fast in zip(self.average.parameters(), self.unet.parameters(), strict=True):
            slow.lerp_(fast, 1 - kept)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the denoiser."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leg", type=int, choices=tuple(STEPS), default=1)
    args = add_arguments(parser, None).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed + TRAINING_WORLD + args.leg)
    leg = Leg("street-unet", args.leg, args.steps or STEPS[args.leg], lr=LR[args.leg], weight_decay=0.01, warm_up=0.05)
    tower, tokenizer = text_tower()
    lessons = made_or_kept(leg, folder, args.seed)
    if leg.number == 1:
        unet = new_unet()
        whiten(unet, tower, tokenizer, lessons.scenes[:2000])
    else:
        unet = UNet2DConditionModel.from_pretrained(folder / "unet", dtype=torch.float32)
    denoiser = Denoiser(unet).to(args.device, memory_format=torch.channels_last).train()
    tower = tower.to(args.device)
    noised = new_scheduler().alphas_cumprod.to(args.device)

    def loss(step: int) -> torch.Tensor:
        rng = np.random.default_rng((args.seed, leg.number, step))
        rows = rng.integers(len(lessons.scenes), size=BATCH)
        prompts = [prompt(lessons.scenes[row], rng) for row in rows]
        states = embedded_prompts(tower, tokenizer, prompts)
        latents = lessons.latents[rows].float().to(args.device, memory_format=torch.channels_last)
        denoiser.follow(step)
        return velocity_loss(denoiser.unet, latents, states, noised, rng)

    from zoo import street_unet_card  # which measures what stands in this file

    if train_leg(leg, denoiser, loss, args.minutes):
        save(denoiser.average, folder)
        street_unet_card.card(folder, leg.number, leg.steps, args.seed, hours_spent(leg))
        latents_file(leg).unlink(missing_ok=True)
        forget(leg)


def velocity_loss(
    unet: nn.Module, latents: torch.Tensor, states: torch.Tensor, noised: torch.Tensor, rng: np.random.Generator
) -> torch.Tensor:
    """The weighted squared error of the velocity (Salimans and Ho 2022) of latents (B, C, 16, 16) at drawn times."""
    times = torch.from_numpy(rng.integers(len(noised), size=len(latents))).to(latents.device)
    noise = torch.from_numpy(rng.standard_normal(latents.shape, np.float32)).to(latents)
    kept = noised[times].view(-1, 1, 1, 1)
    shown = kept.sqrt() * latents + (1 - kept).sqrt() * noise
    velocity = kept.sqrt() * noise - (1 - kept).sqrt() * latents
    told = unet(shown, times, states).sample
    ratio = kept / (1 - kept)
    weight = ratio.clamp(max=LIKELY_SIGNAL) / (ratio + 1)
    error: torch.Tensor = (weight * (told - velocity).square()).mean()
    return error / weight.mean()


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


def made_or_kept(leg: Leg, folder: Path, seed: int) -> Lessons:
    """Scenes of a leg with latents of what is drawn for them; made once for a leg that is stopped and goes on."""
    scenes = [lesson(seed, leg.number * N_SCENES + index) for index in range(N_SCENES)]
    kept = latents_file(leg)
    if not kept.exists():
        vae = AutoencoderKL.from_pretrained(folder / "vae", dtype=torch.float32).eval()
        parts = [latents_of(vae, scenes[start : start + 100]) for start in range(0, N_SCENES, 100)]
        kept.parent.mkdir(parents=True, exist_ok=True)
        torch.save(torch.cat(parts), kept)
    return Lessons(scenes, torch.load(kept, weights_only=True))


def latents_file(leg: Leg) -> Path:
    """Where the latents of a leg are kept until it ends."""
    return leg.state.with_name(f"latents-{leg.number}.pt")


@torch.inference_mode()
def latents_of(vae: AutoencoderKL, scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """What is drawn for scenes, as latents (B, C, 16, 16) half with a standard deviation of 1."""
    pixels = scaled([drawn_for(scene) for scene in scenes])
    mean: torch.Tensor = vae.encode(pixels).latent_dist.mean
    return (mean * vae.config.scaling_factor).half()


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


if __name__ == "__main__":
    main()
