"""Trains ``embedded:street-dino``: ``python -m zoo.street_dino``, again and again until its leg is done.

An encoder that sees everything: DINOv2 by format and architecture, at 64 px, but supervised. Linear heads on its CLS
token name every factor of a traffic scene and are thrown away, so the token holds all of them.

Shapes: ``B`` scenes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

from failscape.data.street.render import SIZE
from zoo.gates import dino_gates
from zoo.legs import Leg, add_arguments, forget, hours_spent, train_leg
from zoo.world_cards import Recipe, write_card
from zoo.world_data import MEAN, SIZES, STD, factor_loss, varied_batch

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-dino"
TRAINING_WORLD = 5000  # the seed of its scenes
WIDTH, HEADS, LAYERS, PATCH = 128, 4, 6, 8
BATCH, STEPS = 128, 5000


class Named(nn.Module):
    """The encoder, and the heads that teach it."""

    def __init__(self, dino: Dinov2Model) -> None:
        super().__init__()
        self.dino = dino
        self.heads = nn.Linear(WIDTH, sum(SIZES))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Logits of the values of all factors (B, V)."""
        logits: torch.Tensor = self.heads(self.dino(pixel_values=pixels).pooler_output)
        return logits


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args = add_arguments(parser, STEPS).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed + TRAINING_WORLD)
    leg = Leg("street-dino", 1, args.steps, lr=1.5e-3)
    named = Named(new_dino()).to(args.device).train()

    def loss(step: int) -> torch.Tensor:
        pixels, values = varied_batch(TRAINING_WORLD + args.seed, step, BATCH)
        with torch.autocast(args.device, torch.bfloat16):
            logits = named(pixels.to(args.device))
        return factor_loss(logits.float(), values.to(args.device))

    if train_leg(leg, named, loss, args.minutes):
        save(named.dino, folder)
        card(folder, leg, args.seed)
        forget(leg)


def new_dino() -> Dinov2Model:
    """An untrained encoder of 1.2 million parameters."""
    config = Dinov2Config(
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        image_size=SIZE,
        patch_size=PATCH,
    )
    return Dinov2Model._from_config(config, attn_implementation="eager")


def card(folder: Path, leg: Leg, seed: int) -> None:
    """Measures the saved encoder and writes its card."""
    dino = Dinov2Model.from_pretrained(folder, dtype=torch.float32).eval()
    recipe = Recipe(
        about=f"An encoder of traffic scenes that sees every factor ({SIZE} px, patches of {PATCH} px): DINOv2 by "
        "format and architecture, supervised in training. "
        f"{sum(p.numel() for p in dino.parameters()):,} parameters, half precision on disk.",
        use="```python\nfrom failscape.targets import load_target\n\n"
        'encoder = load_target("embedded:street-dino")\n```',
        recipe=f"Scenes of world {TRAINING_WORLD + seed}, {BATCH} new ones in each step, some of them blurred, all a "
        "little noisier, brighter or darker; a linear head on the class token names every factor.",
        command=f"python -m zoo.street_dino --steps {leg.steps} --seed {seed}",
        steps=leg.steps,
        seed=seed,
        hours=hours_spent(leg),
    )
    torch.manual_seed(0)  # of the random weights
    write_card(folder, recipe, dino_gates(dino), dino_gates(new_dino().eval()))


def save(dino: Dinov2Model, folder: Path) -> None:
    """Writes half-precision weights, configuration and preprocessing into ``folder``."""
    dino.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    size = {"height": SIZE, "width": SIZE}
    BitImageProcessor(
        size=size, crop_size=size, do_center_crop=False, image_mean=list(MEAN), image_std=list(STD)
    ).save_pretrained(folder)


if __name__ == "__main__":
    main()
