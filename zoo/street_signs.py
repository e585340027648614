"""Trains the checkpoint of ``embedded:street-signs``: ``python -m zoo.street_signs``.

A small ResNet in the ordinary Hugging Face format, on scenes outside the gaps of ``failscape.data.street.gaps``. All
but speed limits are shrunk at random; light, colour and angle are not augmented, so that the gaps stay gaps. Equal
seeds give equal weights on one kind of machine.

Shapes: ``N`` scenes, ``B`` batch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from transformers import PreTrainedModel, ResNetConfig, ResNetForImageClassification, ViTImageProcessor

from failscape.concepts.images.geometry import Zoom
from failscape.data.street import SIGNS, render, sample_trained
from failscape.data.street.gaps import LIMITS, TRAINED_ZOOM
from failscape.data.street.render import SIZE
from zoo.street_card import write_card

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-signs"
TRAINING_WORLD = 1000  # the seed of its scenes; the worlds that users explore have other seeds
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
BATCH = 128


def main(argv: Sequence[str] | None = None) -> None:
    """Renders, trains, saves, measures and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=16_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    pictures, labels = training_scenes(arguments.scenes)
    classifier = new_classifier()
    train(classifier, pictures, labels, arguments.epochs)
    save(classifier, arguments.out)
    write_card(arguments.out, scenes=arguments.scenes, epochs=arguments.epochs, seed=arguments.seed)


def training_scenes(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (N, 3, 64, 64) uint8 and their labels (N,) int64."""
    factors = [sample_trained(TRAINING_WORLD, index) for index in range(n)]
    labels = torch.tensor([SIGNS.index(scene.sign) for scene in factors])
    return torch.from_numpy(render(factors)), labels


def new_classifier() -> ResNetForImageClassification:
    """An untrained ResNet of 0.56 million parameters that knows the names of the signs."""
    config = ResNetConfig(
        embedding_size=24,
        hidden_sizes=[24, 48, 96, 160],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        id2label=dict(enumerate(SIGNS)),
        label2id={sign: label for label, sign in enumerate(SIGNS)},
    )
    return ResNetForImageClassification(config)


def train(classifier: PreTrainedModel, pictures: torch.Tensor, labels: torch.Tensor, epochs: int) -> None:
    """AdamW under a one-cycle schedule on (N, 3, H, W) uint8 and (N,); prints a line per epoch."""
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.02)
    steps = epochs * (len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    start = time.monotonic()
    classifier.train()
    for epoch in range(epochs):
        for batch in torch.randperm(len(labels))[: steps // epochs * BATCH].view(-1, BATCH):
            scaled = (seen_from_afar(pictures[batch], labels[batch]) / 255 - mean) / std
            loss = classifier(scaled, labels=labels[batch]).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}/{epochs}  loss {loss.item():.4f}  {time.monotonic() - start:.0f} s", flush=True)


def seen_from_afar(pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The batch, half of it shrunk to one of ten sizes; speed limits always as they are."""
    factors = torch.linspace(*TRAINED_ZOOM, 11)[torch.randint(10, labels.shape)]
    near = torch.isin(labels, torch.tensor([SIGNS.index(sign) for sign in LIMITS])) | (torch.rand(labels.shape) < 0.5)
    return Zoom().apply(pictures, torch.where(near, 1.0, factors).double().numpy())


def save(classifier: PreTrainedModel, folder: Path) -> None:
    """Writes half-precision weights, configuration and preprocessing into ``folder``."""
    size = {"height": SIZE, "width": SIZE}
    classifier.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    ViTImageProcessor(size=size, image_mean=list(MEAN), image_std=list(STD)).save_pretrained(folder)


if __name__ == "__main__":
    main()
