"""The card of ``street-diffusion``: measures the saved pipeline beside its nulls, and writes what it is.

A leg writes it at its end; ``python -m zoo.street_unet_card --leg 1 --hours 1.9`` writes it again.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from failscape.targets.diffusion.pipeline import load_folder
from failscape.targets.diffusion.text_to_image import TextToImage
from zoo.drawn_gates import N_KNOWN, N_PROMPTS, asked_gates, drawn_gates, nearest_known
from zoo.gates import Gate
from zoo.street_denoiser import BATCH, CHECKPOINT, N_SCENES, SAMPLING, STEPS, TRAINING_WORLD, new_unet
from zoo.world_cards import Recipe, write_card


def main(argv: Sequence[str] | None = None) -> None:
    """Writes the card of what lies in a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leg", type=int, required=True, help="the last one")
    parser.add_argument("--hours", type=float, required=True, help="of that leg")
    parser.add_argument("--steps", type=int, help="of that leg")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    args = parser.parse_args(argv)
    card(args.out, args.leg, args.steps or STEPS[args.leg], args.seed, args.hours)


def card(folder: Path, leg: int, steps: int, seed: int, hours: float) -> None:
    """Measures the saved pipeline and writes its card."""
    target = pipeline(folder)
    looked_up = {gate.name: gate.value for gate in asked_gates(nearest_known())}
    recipe = Recipe(
        about=f"A Stable Diffusion pipeline of {sum(p.numel() for p in target.module.parameters()):,} parameters that "
        "draws traffic scenes of 64 px from the captions of `street-clip`, whose text tower it has; half precision on "
        f"disk. It draws in {SAMPLING['steps']} steps, without guidance. What is planted in it, two combinations that "
        "it never saw and hair that is tied to the job: `docs/world.md`. Gates are what judge B reads from pictures of "
        f"{N_PROMPTS:,} prompts of new scenes that ask for three or four factors and for no confused combination, and "
        "from prompts of what is planted. A look-up of the nearest of "
        f"{N_KNOWN:,} training captions reaches: "
        + ", ".join(f"{name.removeprefix('asked, ')} {value:.3f}" for name, value in looked_up.items())
        + ".",
        use="```bash\nfailscape train --env failscape/TextToImage-v0\n```",
        recipe=f"Latents of {N_SCENES:,} scenes of world {TRAINING_WORLD + seed} with varied captions, {BATCH} in each "
        "step: the velocity at drawn times, steps of a high signal-to-noise ratio weighed less; a running average of "
        "the weights is saved. This leg:",
        command=f"python -m zoo.street_unet --leg {leg} --seed {seed}",
        steps=steps,
        seed=seed,
        hours=hours,
        library="diffusers",
    )
    write_card(folder, recipe, drawn_gates(target), untrained_gates(folder))


def pipeline(folder: Path) -> TextToImage:
    """The pipeline in a folder, as a target on the processor."""
    return load_folder(folder, "embedded:street-diffusion", "cpu")


def untrained_gates(folder: Path) -> list[Gate]:
    """The same measured with a denoiser of random weights."""
    with tempfile.TemporaryDirectory() as place:
        twin = Path(place) / "pipeline"
        shutil.copytree(folder, twin)
        torch.manual_seed(0)
        new_unet().half().save_pretrained(twin / "unet")
        return drawn_gates(pipeline(twin))


if __name__ == "__main__":
    main()
