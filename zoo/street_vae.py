"""Trains the autoencoder of ``street-diffusion``: ``python -m zoo.street_vae``, and then the same with ``--leg 2``.

Pictures of 64 px become latents of 16 x 16, in which the diffusion model draws. What counts is that every factor can
still be read from a reconstruction: beside the distance of pixels, judge A has to say of a reconstruction what it says
of the picture. Judge B, which has no part in it, verifies.

The second leg teaches the decoder alone, so latents stay what they are and a denoiser of them stays valid. Latents are
given with noise, as a denoiser does not hit them exactly; and judge A sees pictures shifted and with noise, because
without that the decoder learnt to draw for judge A what judge B could not read.

Shapes: ``B`` scenes, ``C`` channels of latents.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import nn
from transformers import AutoModelForImageClassification

from failscape.data.street.render import SIZE
from failscape.data.street.traffic.factors import TrafficFactors, sample_traffic
from failscape.data.street.traffic.render import render_traffic
from zoo.gates import Gate, judge_right, test_scenes
from zoo.legs import Leg, add_arguments, forget, hours_spent, reduced, train_leg
from zoo.world_cards import Recipe, write_card
from zoo.world_data import SIZES

CHECKPOINTS = Path(__file__).parent.parent / "targets" / "checkpoints"
CHECKPOINT = CHECKPOINTS / "street-diffusion" / "vae"
TRAINING_WORLD = 6000  # the seed of its scenes
CHANNELS, LATENTS = (24, 48, 64), 8
BATCH = 32
STEPS = {1: 4000, 2: 2000}  # of each leg; the second one goes on from the checkpoint
LR = {1: 1e-3, 2: 4e-4}
LATER = 1_000_000_000  # number of the first scene of the second leg
PRIOR = 1e-6  # weight of the distance of latents from a normal distribution: as in latent diffusion, next to none
SAID = 0.05  # weight of what judge A says, beside 1 of the mean absolute distance of pixels in [-1, 1]
MISSED = 0.2  # deviations of latents: the most noise that the decoder gets in the second leg
SHIFTED, GRAIN = 2, 0.05  # pixels and deviation of noise at most, in what judge A sees in the second leg
LEFT = 0.97  # accuracy of judges on reconstructions


class Copied(nn.Module):
    """The autoencoder; judge A, which learns nothing, stands beside it."""

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae

    def loss(self, pixels: torch.Tensor, judge: nn.Module, noise: torch.Generator) -> torch.Tensor:
        """Of all weights, on pictures (B, 3, 64, 64) in [-1, 1]."""
        found = self.vae.encode(pixels).latent_dist
        copies = self.vae.decode(found.sample(generator=noise)).sample.float()
        return F.l1_loss(copies, pixels) + SAID * unlike(judge, copies, pixels) + PRIOR * found.kl().mean()

    def decoder_loss(self, pixels: torch.Tensor, judge: nn.Module, noise: torch.Generator) -> torch.Tensor:
        """Of the decoder alone, which gets latents with noise while the judge gets pictures with noise."""
        with torch.no_grad():
            latents = self.vae.encode(pixels).latent_dist.mode()
            level = torch.rand(len(pixels), 1, 1, 1, generator=noise, device=pixels.device) * MISSED * latents.std()
            latents = latents + level * drawn_like(latents, noise)
        copies = self.vae.decode(latents).sample.float()
        return F.l1_loss(copies, pixels) + SAID * unlike(judge, *shaken(noise, copies, pixels))


def unlike(judge: nn.Module, copies: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """How unlike the words of a judge on copies and pictures are (both (B, 3, 64, 64) in [-1, 1]): a scalar."""
    with torch.no_grad():
        wanted = judge(2 * pixels).logits
    said = judge(2 * copies).logits  # its own pictures are in [-2, 2]
    parts = zip(said.split(SIZES, dim=1), wanted.split(SIZES, dim=1), strict=True)
    return torch.stack([F.cross_entropy(one, other.softmax(dim=1)) for one, other in parts]).sum()


def shaken(noise: torch.Generator, *pictures: torch.Tensor) -> list[torch.Tensor]:
    """All of ``pictures`` shifted by the same pixels, each with noise of its own."""
    shift = torch.randint(-SHIFTED, SHIFTED + 1, (2,), generator=noise, device=noise.device).tolist()
    moved = [torch.roll(some, shift, dims=(2, 3)) for some in pictures]
    return [some + GRAIN * drawn_like(some, noise) for some in moved]


def drawn_like(some: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
    """Normal noise of the shape of ``some``."""
    return torch.randn(some.shape, generator=noise, device=some.device, dtype=some.dtype)


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the autoencoder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leg", type=int, choices=tuple(STEPS), default=1)
    args = add_arguments(parser, None).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed + TRAINING_WORLD)
    leg = Leg("street-vae", args.leg, args.steps or STEPS[args.leg], lr=LR[args.leg], weight_decay=0.0)
    vae = new_vae() if leg.number == 1 else AutoencoderKL.from_pretrained(folder, dtype=torch.float32)
    copied = Copied(vae).to(args.device, memory_format=torch.channels_last).train()
    judge = judge_of("a").to(args.device)
    noise = torch.Generator(args.device)

    def loss(step: int) -> torch.Tensor:
        noise.manual_seed(step)
        pixels = training_batch(args.seed, leg.number, step).to(args.device, memory_format=torch.channels_last)
        with reduced(args.device):
            return (copied.loss if leg.number == 1 else copied.decoder_loss)(pixels, judge, noise)

    if train_leg(leg, copied, loss, args.minutes):
        if leg.number == 1:
            measure_scale(copied.vae)
        save(copied.vae, folder)
        card(folder, leg, args.seed, hours_spent(leg))
        forget(leg)


def training_batch(seed: int, leg: int, step: int) -> torch.Tensor:
    """The scenes of a step: (B, 3, 64, 64) float in [-1, 1]."""
    first = (leg - 1) * LATER + step * BATCH
    return scaled([sample_traffic(TRAINING_WORLD + seed, first + index) for index in range(BATCH)])


def scaled(scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """Pictures of scenes (B, 3, 64, 64) float in [-1, 1], as diffusion models have them."""
    return torch.from_numpy(render_traffic(scenes)) / 127.5 - 1


def new_vae() -> AutoencoderKL:
    """An untrained autoencoder."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(CHANNELS),
        up_block_types=("UpDecoderBlock2D",) * len(CHANNELS),
        block_out_channels=CHANNELS,
        layers_per_block=1,
        latent_channels=LATENTS,
        norm_num_groups=8,
        sample_size=SIZE,
    )


def judge_of(name: str) -> nn.Module:
    """A judge that learns nothing."""
    folder = CHECKPOINTS / f"street-judge-{name}"
    judge: nn.Module = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()
    return judge.requires_grad_(False)


@torch.inference_mode()
def vae_gates(vae: AutoencoderKL) -> list[Gate]:
    """What both judges read from reconstructions of scenes that nothing was trained on."""
    scenes = test_scenes()

    def copies(part: Sequence[TrafficFactors]) -> torch.Tensor:
        return 2 * vae.decode(vae.encode(scaled(part)).latent_dist.mode()).sample.clamp(-1, 1)

    return [
        Gate(f"judge {name}, {factor}", value, LEFT)
        for name in ("a", "b")
        for factor, value in judge_right(judge_of(name), scenes, copies).items()
    ]


def card(folder: Path, leg: Leg, seed: int, hours: float) -> None:
    """Measures the saved autoencoder and writes its card."""
    vae = AutoencoderKL.from_pretrained(folder, dtype=torch.float32).eval()
    recipe = Recipe(
        about="The autoencoder of `street-diffusion`: scenes of 64 px as latents of "
        f"{LATENTS} x {SIZE // 4} x {SIZE // 4}. {sum(p.numel() for p in vae.parameters()):,} parameters, half "
        "precision on disk. Gates are what the judges read from reconstructions.",
        use="```python\nfrom diffusers import AutoencoderKL\n\n"
        'vae = AutoencoderKL.from_pretrained("targets/checkpoints/street-diffusion/vae")\n```',
        recipe=f"Scenes of world {TRAINING_WORLD + seed}, {BATCH} new ones in each step: the mean absolute distance of "
        f"pixels, and {SAID:g} times how unlike the words of judge A on picture and reconstruction are. Judge A is "
        "optimised, judge B verifies: where A reads what B does not, the autoencoder draws for A. A second leg teaches "
        f"the decoder alone, from latents with noise of up to {MISSED:g} deviations; judge A sees pictures shifted by "
        f"up to {SHIFTED} pixels, with noise. This leg:",
        command=f"python -m zoo.street_vae --leg {leg.number} --seed {seed}",
        steps=leg.steps,
        seed=seed,
        hours=hours,
        library="diffusers",
    )
    torch.manual_seed(0)  # of the random weights
    write_card(folder, recipe, vae_gates(vae), vae_gates(new_vae().eval()))


@torch.inference_mode()
def measure_scale(vae: AutoencoderKL) -> None:
    """Notes in the configuration by what latents are multiplied for a standard deviation of 1."""
    vae.eval().float()
    latents = torch.cat([vae.encode(training_batch(0, 1, part)).latent_dist.mean for part in range(8)])
    vae.register_to_config(scaling_factor=round(1 / float(latents.std()), 5))


def save(vae: AutoencoderKL, folder: Path) -> None:
    """Writes half-precision weights and configuration into ``folder``."""
    vae.eval().half().save_pretrained(folder)
    forget_path(folder)
    (folder / "diffusion_pytorch_model.safetensors").chmod(0o644)


def forget_path(folder: Path) -> None:
    """Takes the place from which a network was loaded out of its saved configuration."""
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    file.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
