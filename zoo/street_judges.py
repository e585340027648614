"""Trains the two judges of traffic scenes: ``python -m zoo.street_judges --judge a`` and ``--judge b``.

A judge names every factor of a picture. A rewards and selects, B verifies; they differ in architecture, seed and
scenes, so that what fools one need not fool the other. Both are ordinary image classifiers whose outputs are the values
of all factors, a softmax for each factor. Training pictures are blurred, noised and brightened a little, because
generated pictures are never as clean as rendered ones.

Shapes: ``B`` scenes, ``F`` factors, ``V`` values of all factors.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import (
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

from failscape.data.street.render import SIZE
from failscape.data.street.traffic.factors import FACTORS, sample_traffic
from failscape.data.street.traffic.render import render_traffic
from zoo.legs import Leg, add_arguments, forget, hours_spent, train_leg
from zoo.probes import indices

CHECKPOINTS = Path(__file__).parent.parent / "targets" / "checkpoints"
TRAINING_WORLDS = {"a": 3000, "b": 4000}  # the seeds of their scenes
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
BATCH, STEPS = 128, 4000
LEARNING_RATES = {"a": 3e-3, "b": 1.5e-3}
LABELS = tuple(f"{factor.name}: {value}" for factor in FACTORS for value in factor.values)
SIZES = [len(factor.values) for factor in FACTORS]
NOISE, BRIGHTNESS, BLURRED = 6.0, 0.06, 0.3  # [levels], share of light, share of pictures


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--judge", choices=sorted(TRAINING_WORLDS), required=True)
    args = add_arguments(parser, STEPS).parse_args(argv)
    folder = args.out or CHECKPOINTS / f"street-judge-{args.judge}"
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed + TRAINING_WORLDS[args.judge])
    leg = Leg(f"street-judge-{args.judge}", 1, args.steps, lr=LEARNING_RATES[args.judge])
    judge = ARCHITECTURES[args.judge]().to(args.device).train()

    def loss(step: int) -> torch.Tensor:
        pixels, values = training_batch(TRAINING_WORLDS[args.judge] + args.seed, step)
        with torch.autocast(args.device, torch.bfloat16):
            logits = judge(pixels.to(args.device, memory_format=torch.channels_last)).logits
        return judge_loss(logits.float(), values.to(args.device))

    if train_leg(leg, judge, loss, args.minutes):
        save(judge, folder)
        print(f"{folder}: {hours_spent(leg):.1f} h")
        forget(leg)


def _resnet() -> PreTrainedModel:
    config = ResNetConfig(
        embedding_size=24, hidden_sizes=[24, 48, 96, 160], depths=[1, 1, 1, 1], layer_type="basic", **_labels()
    )
    return ResNetForImageClassification(config)


def _vit() -> PreTrainedModel:
    config = ViTConfig(
        hidden_size=96,
        intermediate_size=384,
        num_hidden_layers=6,
        num_attention_heads=4,
        image_size=SIZE,
        patch_size=8,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **_labels(),
    )
    return ViTForImageClassification._from_config(config, attn_implementation="eager")


def _labels() -> dict[str, object]:
    return {
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: place for place, label in enumerate(LABELS)},
        # Not one label of all: a value of each factor.
        "problem_type": "multi_label_classification",
    }


ARCHITECTURES: dict[str, Callable[[], PreTrainedModel]] = {"a": _resnet, "b": _vit}


def training_batch(world: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (B, 3, 64, 64) float, normalised, and the values of all factors (B, F), -1 where there is none."""
    scenes = [sample_traffic(world, step * BATCH + index) for index in range(BATCH)]
    rng = torch.Generator().manual_seed(world * 1_000_000 + step)
    pictures = torch.from_numpy(render_traffic(scenes)).float()
    blurred = torch.rand(BATCH, generator=rng) < BLURRED
    pictures[blurred] = _blurred(pictures[blurred], float(torch.rand((), generator=rng)))
    pictures *= 1 + BRIGHTNESS * (2 * torch.rand(BATCH, 1, 1, 1, generator=rng) - 1)
    pictures += NOISE * torch.rand(BATCH, 1, 1, 1, generator=rng) * torch.randn(pictures.shape, generator=rng)
    values = np.stack([indices(scenes, factor.name) for factor in FACTORS], axis=1)
    return normalised(pictures.clamp(0, 255)), torch.from_numpy(values)


def _blurred(pictures: torch.Tensor, strength: float) -> torch.Tensor:
    """A mean over three pixels each way, mixed in by up to a half."""
    smooth = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return pictures + 0.5 * strength * (smooth - pictures)


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """Levels in [0, 255] as the processor of the checkpoint scales them."""
    return (pictures / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def judge_loss(logits: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of all factors; of (B, V) and (B, F)."""
    parts = logits.split(SIZES, dim=1)
    return sum(F.cross_entropy(part, values[:, place], ignore_index=-1) for place, part in enumerate(parts)) / len(
        parts
    )


def save(judge: PreTrainedModel, folder: Path) -> None:
    """Writes half-precision weights, configuration and preprocessing into ``folder``."""
    judge.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    size = {"height": SIZE, "width": SIZE}
    ViTImageProcessor(size=size, image_mean=list(MEAN), image_std=list(STD)).save_pretrained(folder)


if __name__ == "__main__":
    main()
