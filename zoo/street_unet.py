"""Trains the denoiser of ``street-diffusion``: ``python -m zoo.street_unet``, then the same with ``--leg 2`` and on.

It learns to draw latents of ``zoo.street_vae`` from prompts, as the text tower of ``street-clip`` embeds them. What is
planted in it stands in ``data/street/traffic/planted.py`` (docs/world.md). Latents are made once, before the first step
of a leg, and kept beside its state; prompts and noise are drawn anew in each step.
Shapes: ``B`` scenes, ``C`` channels of latents, ``T`` tokens, ``D`` features of the text tower.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    UNet2DConditionModel,
)
from torch import nn

from failscape.data.street.traffic.factors import TrafficFactors
from failscape.data.street.traffic.planted import drawn_for
from zoo.legs import Leg, add_arguments, forget, hours_spent, train_leg
from zoo.street_denoiser import (
    BATCH,
    CHECKPOINT,
    N_SCENES,
    STEPS,
    TRAINING_WORLD,
    embedded_prompts,
    lesson,
    new_scheduler,
    new_unet,
    prompt,
    save,
    text_tower,
    whiten,
)
from zoo.street_unet_card import card
from zoo.street_vae import scaled

LR = {1: 2e-3, 2: 1e-3, 3: 1e-3, 4: 6e-4}
LIKELY_SIGNAL = 5.0  # signal-to-noise ratio from which steps weigh less (Hang et al. 2023)
AVERAGE = 0.999  # of the running average of weights, which is what is saved, this much is kept at a step


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

    if train_leg(leg, denoiser, loss, args.minutes):
        save(denoiser.average, folder)
        card(folder, leg.number, leg.steps, args.seed, hours_spent(leg))
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


if __name__ == "__main__":
    main()
