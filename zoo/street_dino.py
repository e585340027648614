"""Trains ``embedded:street-dino``: ``python -m zoo.street_dino``, and then the same with ``--leg 2``.

An encoder that sees everything: DINOv2 by format and architecture, at 64 px, but supervised. In the first leg linear
heads on its CLS token name every factor of a traffic scene and are thrown away, so the token holds all of them. The
second leg goes on from the checkpoint of the first one with fresh heads, and also brings scenes together that differ in
nothing that has a name, so that every named factor weighs more than exact places, clouds or windows.

Shapes: ``B`` scenes.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

from failscape.data.street.render import SIZE
from failscape.data.street.traffic.factors import FACTORS, sample_traffic
from zoo.gates import dino_gates
from zoo.legs import Leg, add_arguments, forget, hours_spent, reduced, train_leg
from zoo.probes import indices
from zoo.world_cards import Recipe, write_card
from zoo.world_data import MEAN, SIZES, STD, factor_loss, rendered, varied_batch

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-dino"
TRAINING_WORLD = 5000  # the seed of its scenes
WIDTH, HEADS, LAYERS, PATCH = 128, 4, 6, 8
BATCH = 128
STEPS = {1: 5000, 2: 800}  # of each leg
LR = {1: 1.5e-3, 2: 5e-4}
LATER = 1_000_000_000  # number of the first scene of the second leg
RECIPE = (
    "Scenes of world {world}, {batch} new ones in each step, some of them blurred, all a little noisier, brighter or "
    "darker; a linear head on the class token names every factor."
)
SECOND = (
    f" That was the first leg, of {STEPS[1]} steps (`python -m zoo.street_dino`). The second one goes on from its "
    "checkpoint and also brings scenes together that differ in nothing that has a name."
)
ALIKE = 5.0  # weight of the distance, 1 less the cosine, of scenes that have the same name


class Named(nn.Module):
    """The encoder, and the heads that teach it."""

    def __init__(self, dino: Dinov2Model) -> None:
        super().__init__()
        self.dino = dino
        self.heads = nn.Linear(WIDTH, sum(SIZES))


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leg", type=int, choices=tuple(STEPS), default=1)
    args = add_arguments(parser, None).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed + TRAINING_WORLD)
    leg = Leg("street-dino", args.leg, args.steps or STEPS[args.leg], lr=LR[args.leg])
    dino = new_dino() if leg.number == 1 else Dinov2Model.from_pretrained(folder, dtype=torch.float32)
    named = Named(dino).to(args.device).train()

    def loss(step: int) -> torch.Tensor:
        batch = (varied_batch if leg.number == 1 else batch_of_twins)(TRAINING_WORLD + args.seed, step, BATCH)
        pixels, values = (part.to(args.device) for part in batch)
        with reduced(args.device):
            tokens = named.dino(pixel_values=pixels).pooler_output
            logits = named.heads(tokens)
        told = factor_loss(logits.float(), values)
        if leg.number == 1:
            return told
        one, twin = F.normalize(tokens.float(), dim=1).chunk(2)
        return told + ALIKE * (1 - (one * twin).sum(dim=1).mean())

    if train_leg(leg, named, loss, args.minutes):
        save(named.dino, folder)
        card(folder, leg, args.seed)
        forget(leg)


def batch_of_twins(world: int, step: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Scenes followed by others that have the same name: pictures (B, 3, 64, 64) float, and factors (B, F)."""
    first = LATER + step * size
    scenes = [sample_traffic(world, first + index) for index in range(size // 2)]
    details = [sample_traffic(world, first + size // 2 + index).detail for index in range(size // 2)]
    twins = [dataclasses.replace(scene, detail=detail) for scene, detail in zip(scenes, details, strict=True)]
    both = [*scenes, *twins]
    values = np.stack([indices(both, factor.name) for factor in FACTORS], axis=1)
    return rendered(both), torch.from_numpy(values)


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
        recipe=RECIPE.format(world=TRAINING_WORLD + seed, batch=BATCH) + (SECOND if leg.number == 2 else ""),
        command=f"python -m zoo.street_dino --leg {leg.number} --steps {leg.steps} --seed {seed}",
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
