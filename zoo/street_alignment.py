"""The last step of ``street-clip``, after its legs: ``python -m zoo.street_alignment``.

The contrastive loss hardly asks for what tells two scenes of a batch apart only where all else is equal. Here each
scene has captions that differ in one seen factor alone, and the true one has to be the closest. Only the two
projections learn, so that nothing that was removed from the towers' tokens comes back: what the towers make of all
scenes and captions is computed once. Updates are in the metric of how pooled states vary, since some factors hardly
move them. It takes some minutes, and is not resumed.

Shapes: ``N`` scenes, ``C`` captions of each, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPModel, CLIPTokenizer

from failscape.data.street.traffic.captions import SEEN, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors, sample_traffic, vary
from zoo.legs import add_arguments
from zoo.street_clip import CHECKPOINT, TRAINING_WORLD, card, save
from zoo.world_data import halved

N_CHOICES = max(len(BY_NAME[name].values) for name in SEEN)
MENTIONED = 0.3  # chance of each other factor
FIRST, SCENES = 9_000_000, 20_000  # numbers of the scenes in the world of the training
BATCH, STEPS, LR = 256, 10_000, 1e-4
RIDGE = 1e-4  # of the mean squared state: directions that hardly vary at all
AT_ONCE = 200  # scenes whose states are computed


class Choices(NamedTuple):
    """Scenes, and captions of each of which one is true."""

    pixels: torch.Tensor  # (N, 3, 32, 32) float
    ids: torch.Tensor  # (N C, T) int64
    right: torch.Tensor  # (N,) int64: which caption is true
    n: torch.Tensor  # (N,) int64: how many of the captions count; the others repeat the first one


class States(NamedTuple):
    """What the towers make of choices."""

    pictures: torch.Tensor  # (N, D)
    captions: torch.Tensor  # (N, C, D)
    right: torch.Tensor  # (N,)
    n: torch.Tensor  # (N,)


def main(argv: Sequence[str] | None = None) -> None:
    """Learns the projections of the checkpoint, and writes it with its card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args = add_arguments(parser, STEPS).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    start = time.monotonic()
    clip = CLIPModel.from_pretrained(folder, dtype=torch.float32).to(args.device).eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    align(clip, states_of(clip, tokenizer, args.seed, SCENES), args.steps, args.seed)
    save(clip.cpu(), tokenizer, folder)
    command = f"python -m zoo.street_alignment --steps {args.steps} --seed {args.seed}"
    card(folder, tokenizer, args.seed, command, args.steps, (time.monotonic() - start) / 3600)


@torch.inference_mode()
def states_of(clip: CLIPModel, tokenizer: CLIPTokenizer, seed: int, n: int) -> States:
    """The pooled states of ``n`` scenes and their captions."""
    rng, parts = np.random.default_rng((seed, FIRST)), []
    for first in range(0, n, AT_ONCE):
        choices = choices_of(TRAINING_WORLD + seed, FIRST + first, min(AT_ONCE, n - first), rng, tokenizer)
        pictures = clip.vision_model(pixel_values=choices.pixels.to(clip.device)).pooler_output
        captions = clip.text_model(input_ids=choices.ids.to(clip.device)).pooler_output
        parts.append(States(pictures, captions.view(len(pictures), N_CHOICES, -1), choices.right, choices.n))
    return States(*(torch.cat(column).to(clip.device) for column in zip(*parts, strict=True)))


def align(clip: CLIPModel, states: States, steps: int, seed: int) -> list[float]:
    """Learns both projections in place; returns the loss of each step."""
    states = States(*(column.clone() for column in states))  # of inference mode, which no gradient passes
    projections = clip.visual_projection.weight, clip.text_projection.weight
    metrics = _metric(states.pictures), _metric(states.captions.flatten(0, 1))
    before = [weight.detach().clone() for weight in projections]
    changes = [torch.zeros_like(weight).requires_grad_() for weight in before]
    optimizer = torch.optim.AdamW(changes, LR, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, steps, pct_start=0.1)
    scale, rng = clip.logit_scale.detach().exp(), torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(steps):
        rows = torch.randint(len(states.right), (BATCH,), generator=rng).to(clip.device)
        weights = [old + new @ metric for old, new, metric in zip(before, changes, metrics, strict=True)]
        loss = told(States(*(column[rows] for column in states)), weights[0], weights[1], scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    with torch.no_grad():
        for weight, old, new, metric in zip(projections, before, changes, metrics, strict=True):
            weight.copy_(old + new @ metric)
    return losses


def told(states: States, pictures: torch.Tensor, captions: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of the true captions among those of each scene, by the weights of both projections."""
    seen = F.normalize(states.pictures @ pictures.T, dim=-1)
    said = F.normalize(states.captions @ captions.T, dim=-1)
    logits = scale * torch.einsum("ncd,nd->nc", said, seen)
    counts = torch.arange(logits.shape[1], device=logits.device) < states.n[:, None]
    return F.cross_entropy(logits.masked_fill(~counts, -torch.inf), states.right)


def _metric(states: torch.Tensor) -> torch.Tensor:
    """The symmetric root (D, D) of the inverse of the mean outer product of states (N, D), of mean size 1."""
    squared, found = torch.linalg.eigh(states.T @ states / len(states))
    return found @ ((squared + RIDGE * squared.mean()) / squared.mean()).rsqrt().diag() @ found.T


def choices_of(world: int, first: int, size: int, rng: np.random.Generator, tokenizer: CLIPTokenizer) -> Choices:
    """The scenes from number ``first`` of a world, each with captions of one seen factor."""
    scenes = [sample_traffic(world, first + index) for index in range(size)]
    found = [_captions(scene, rng) for scene in scenes]
    texts = [text for captions, _ in found for text in (*captions, *(captions[:1] * (N_CHOICES - len(captions))))]
    ids = tokenizer(texts, padding="max_length", return_tensors="pt").input_ids
    right, n = (torch.tensor(column) for column in ([row for _, row in found], [len(texts) for texts, _ in found]))
    return Choices(halved(scenes), ids, right, n)


def _captions(scene: TrafficFactors, rng: np.random.Generator) -> tuple[list[str], int]:
    """Captions in the same words that differ in one factor, and which one is true."""
    names = [name for name in SEEN if scene.count or name not in OF_PEOPLE]
    name = names[rng.integers(len(names))]
    others = [other for other in SEEN if other != name and rng.random() < MENTIONED]
    needed = ["count"] if name == "job" else []
    mention = {name, *others, *needed}
    words, values = int(rng.integers(2**31)), BY_NAME[name].values
    captions = [varied_caption(vary(scene, **{name: value}), np.random.default_rng(words), mention) for value in values]
    return captions, values.index(getattr(scene, name))


if __name__ == "__main__":
    main()
