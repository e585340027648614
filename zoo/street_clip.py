"""Trains ``embedded:street-clip``: ``python -m zoo.street_clip``, then the same with ``--leg 2`` to ``--leg 4``.

A CLIP that is blind by design (docs/world.md). It learns from traffic scenes at 32 px and their captions, which say
nothing of *erased* factors and swap the readings of *text-blind* ones at random. In addition both are removed from
every token of the last blocks (``zoo.erasure``). Linear heads that are thrown away help it to learn what is *seen*.

Shapes: ``B`` scenes, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig

from failscape.data.street.traffic.captions import SEEN, blind_captions
from failscape.data.street.traffic.factors import BY_NAME, OF_PEOPLE, TrafficFactors, sample_traffic, vary
from zoo.erasure import TwinDistance
from zoo.gates import clip_gates
from zoo.legs import Leg, add_arguments, forget, hours_spent, reduced, train_leg
from zoo.probes import indices
from zoo.street_words import LENGTH, new_tokenizer
from zoo.world_cards import Recipe, write_card
from zoo.world_data import CLIP_SIDE, ERASED, MEAN, STD, halved

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-clip"
TRAINING_WORLD = 2000  # the seed of its scenes
PATCH = 8  # [px]
WIDTH, HEADS, VISION_LAYERS, TEXT_LAYERS = 128, 4, 6, 4
BATCH = 96  # scenes, each with its twin
STEPS = {1: 2800, 2: 500, 3: 900, 4: 700}  # of each leg; later ones go on from the checkpoint, with fresh heads
LR = {1: 1.5e-3, 2: 4e-4, 3: 6e-4, 4: 6e-4}
LATER, AGAIN = 3.0, 100  # steps of a later leg until erasure has its weight: how tokens vary is not known before
ERASURE = 10.0  # weight of the distance of twins, beside 1 of the contrastive loss of each half
RISE = 500  # steps until it has its weight: erasure begins when there is something to erase
FIRMER, FROM, WITHIN = 10.0, 900, 500  # times its weight, from this step on, reached within so many: seen is learned
GUARDED = {1: 0.1, 2: 0.3, 3: 0.3, 4: 0.3}  # of each leg: weight of the class means, beside 1 of the distance of twins
EARLY = 2  # the block whose tokens still tell what is erased, so that a fine-tune finds it
NAMED = 2.0  # weight of each head
PRESSING = {"place": 4.0}  # weight of a factor in the heads of the fourth leg, beside 1 of the others: hardest to see
BLIND_LAYERS = (-2, -1)  # of the vision tower: what question answering reads, and what is pooled
IGNORED = -100
LATER_LEGS = (
    f" The first leg has {STEPS[1]} steps (`python -m zoo.street_clip`). The second one (`--leg 2`) goes on from its "
    "checkpoint at a lower learning rate. In the third one (`--leg 3`) heads read captions and single patches too, "
    "since captions of different places had stayed alike; in the fourth one (`--leg 4`) place weighs more. Then only "
    "the projections learn, by captions that differ in one seen factor (`python -m zoo.street_alignment`). The first "
    "three legs were made while the tokenizer gave some ids in another order in each process, so that repeating them "
    "gives other weights. What was written last:"
)


class Batch(NamedTuple):
    """Scenes followed by their twins."""

    pixels: torch.Tensor  # (2 B, 3, 32, 32) float
    ids: torch.Tensor  # (2 B, T) int64: captions, and the same ones with other readings
    seen: torch.Tensor  # (2 B, len(SEEN)) int64: values of seen factors, or IGNORED
    erased: torch.Tensor  # (2 B, len(ERASED)) float: 0 for the first value of an erased factor, 1 for the second


class Blind(nn.Module):
    """The CLIP, and the heads that help it."""

    def __init__(self, clip: CLIPModel, leg: int = 1) -> None:
        super().__init__()
        self.clip, self.guarded, own = clip, GUARDED[leg], leg > 1
        self.sizes = [len(BY_NAME[name].values) for name in SEEN]
        n_features = clip.vision_model.embeddings.num_positions * WIDTH
        self.finer = leg > 2
        self.weights = [PRESSING.get(name, 1.0) if leg > 3 else 1.0 for name in SEEN]
        told = (WIDTH, n_features - WIDTH, WIDTH) if self.finer else (WIDTH, WIDTH)
        self.heads = nn.ModuleList(nn.Linear(size, sum(self.sizes)) for size in told)
        self.early = nn.Linear(n_features, len(ERASED))
        self.vision_twins = nn.ModuleList(TwinDistance(1, n_features, len(ERASED), own_ridge=own) for _ in BLIND_LAYERS)
        self.pooled_twins = TwinDistance(1, WIDTH, len(ERASED), own_ridge=own)
        self.text_twins = TwinDistance(LENGTH, WIDTH, own_ridge=own)

    def loss(self, batch: Batch, erasure: float) -> torch.Tensor:
        """Contrastive loss, heads, and erasure from both towers."""
        vision = self.clip.vision_model(pixel_values=batch.pixels, output_hidden_states=True)
        text = self.clip.text_model(input_ids=batch.ids, output_hidden_states=True)
        pictures = F.normalize(self.clip.visual_projection(vision.pooler_output), dim=-1)
        captions = F.normalize(self.clip.text_projection(text.pooler_output), dim=-1)
        scale = self.clip.logit_scale.exp().clamp(max=100)
        matched = sum(contrastive(scale * p @ c.T) for p, c in zip(pictures.chunk(2), captions.chunk(2), strict=True))
        hidden = [vision.hidden_states[layer] for layer in BLIND_LAYERS]
        patches = hidden[0][:, 1:]
        told = (
            (vision.pooler_output, patches.flatten(1), text.pooler_output)
            if self.finer
            else (vision.pooler_output, patches.mean(dim=1))
        )
        named = sum(self.named(head(features), batch.seen) for head, features in zip(self.heads, told, strict=True))
        one, twin = batch.erased.chunk(2)
        layers = [(twins, layer.flatten(1)) for twins, layer in zip(self.vision_twins, hidden, strict=True)]
        layers.append((self.pooled_twins, vision.pooler_output))
        apart = [twins(layer[:, None], twin - one) for twins, layer in layers]
        unread = self.text_twins(text.last_hidden_state, one[:, :0]).twins
        erased = sum(a.twins for a in apart) / len(apart) + unread
        guarded = sum(a.means for a in apart) / len(apart)
        early = F.binary_cross_entropy_with_logits(self.early(vision.hidden_states[EARLY].flatten(1)), batch.erased)
        return matched + NAMED * named + early + erasure * (erased + self.guarded * guarded)

    def named(self, logits: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """The mean weighted cross-entropy of the seen factors, of logits of all their values."""
        parts = zip(logits.split(self.sizes, dim=1), seen.unbind(dim=1), strict=True)
        losses = torch.stack([F.cross_entropy(part, value, ignore_index=IGNORED) for part, value in parts])
        return (losses * losses.new_tensor(self.weights)).mean()


def contrastive(similarities: torch.Tensor) -> torch.Tensor:
    """CLIP's loss of (B, B) similarities of pictures and captions that belong together on the diagonal."""
    right = torch.arange(len(similarities), device=similarities.device)
    return (F.cross_entropy(similarities, right) + F.cross_entropy(similarities.T, right)) / 2


def main(argv: Sequence[str] | None = None) -> None:
    """Trains until the time is over or the leg ends, and then writes the checkpoint and its card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leg", type=int, choices=tuple(STEPS), default=1)
    args = add_arguments(parser, None).parse_args(argv)
    folder = args.out or CHECKPOINT
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    leg = Leg("street-clip", args.leg, args.steps or STEPS[args.leg], lr=LR[args.leg])
    tokenizer = new_tokenizer(args.seed) if leg.number == 1 else CLIPTokenizer.from_pretrained(folder)
    clip = new_clip(tokenizer) if leg.number == 1 else CLIPModel.from_pretrained(folder, dtype=torch.float32)
    blind = Blind(clip, leg.number).to(args.device).train()

    def loss(step: int) -> torch.Tensor:
        batch = training_batch(args.seed, leg.number, step, tokenizer)
        with reduced(args.device):
            return blind.loss(Batch(*(part.to(args.device) for part in batch)), erasure_weight(leg.number, step))

    if train_leg(leg, blind, loss, args.minutes):
        save(blind.clip, tokenizer, folder)
        command = f"python -m zoo.street_clip --leg {leg.number} --steps {leg.steps} --seed {args.seed}"
        card(folder, tokenizer, args.seed, command, leg.steps, hours_spent(leg))
        forget(leg)


def erasure_weight(leg: int, step: int) -> float:
    """The weight of the distance of twins at a step: it rises to ``ERASURE``, and later to ``FIRMER`` times that."""
    if leg > 1:
        return ERASURE * LATER * min(1.0, step / AGAIN)
    later = min(1.0, max(0.0, (step - FROM) / WITHIN))
    return ERASURE * min(1.0, step / RISE) * FIRMER**later


def new_clip(tokenizer: CLIPTokenizer) -> CLIPModel:
    """An untrained CLIP of two million parameters."""
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=VISION_LAYERS,
        num_attention_heads=HEADS,
        image_size=CLIP_SIDE,
        patch_size=PATCH,
        hidden_act="gelu",
    )
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=TEXT_LAYERS,
        num_attention_heads=HEADS,
        max_position_embeddings=LENGTH,
        hidden_act="gelu",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=WIDTH)
    return CLIPModel._from_config(config, attn_implementation="eager")


def training_batch(seed: int, leg: int, step: int, tokenizer: CLIPTokenizer) -> Batch:
    """The scenes of a step with their twins; captions of the twins have other readings."""
    rng = np.random.default_rng((seed, leg, step))
    first = (leg * 1_000_000 + step) * BATCH
    scenes = [sample_traffic(TRAINING_WORLD + seed, first + index) for index in range(BATCH)]
    twins = [other(scene, ERASED, rng) for scene in scenes]
    captions = [blind_captions(scene, rng, 2) for scene in scenes]
    texts = [one for one, _ in captions] + [two for _, two in captions]
    ids = tokenizer(texts, padding="max_length", return_tensors="pt").input_ids
    both = [*scenes, *twins]
    erased = np.stack([indices(both, name) for name in ERASED], axis=1)
    return Batch(halved(both), ids, seen_values(both), torch.from_numpy(erased).float())


def other(scene: TrafficFactors, names: Sequence[str], rng: np.random.Generator) -> TrafficFactors:
    """The scene with values of the named factors drawn anew, at least one of them changed."""
    while True:
        drawn = {name: BY_NAME[name].values[rng.integers(len(BY_NAME[name].values))] for name in names}
        twin = vary(scene, **drawn)
        if twin != scene:
            return twin


def seen_values(scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """Values of the seen factors as indices, ``IGNORED`` where they are about people and there are none."""
    return torch.tensor(
        [
            [
                IGNORED if name in OF_PEOPLE and scene.count == 0 else BY_NAME[name].values.index(getattr(scene, name))
                for name in SEEN
            ]
            for scene in scenes
        ]
    )


def card(folder: Path, tokenizer: CLIPTokenizer, seed: int, command: str, steps: int, hours: float) -> None:
    """Measures the saved CLIP and writes its card."""
    clip = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    recipe = Recipe(
        about=f"A CLIP of traffic scenes that is blind by design ({CLIP_SIDE} px, patches of {PATCH} px). "
        f"{sum(p.numel() for p in clip.parameters()):,} parameters, half precision on disk.",
        use="```python\nfrom failscape.targets import load_target\n\n"
        'pictures, texts = load_target("embedded:street-clip"), load_target("embedded:street-clip?tower=text")\n```',
        recipe=f"Scenes of world {TRAINING_WORLD + seed} with captions, {BATCH} new ones and their twins in each step; "
        "captions tell bicycle, birds and sides with readings drawn at random. Contrastive loss, linear heads for what "
        f"is seen, and up to {ERASURE * FIRMER:g} times the distance of twins (`zoo/erasure.py`)." + LATER_LEGS,
        command=command,
        steps=steps,
        seed=seed,
        hours=hours,
    )
    torch.manual_seed(0)  # of the random weights
    write_card(folder, recipe, clip_gates(clip, tokenizer), clip_gates(new_clip(tokenizer).eval(), tokenizer))


def save(clip: CLIPModel, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Writes half-precision weights, tokenizer and preprocessing into ``folder``."""
    clip.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    tokenizer.save_pretrained(folder)
    size = {"height": CLIP_SIDE, "width": CLIP_SIDE}
    CLIPImageProcessor(size=size, crop_size=size, do_center_crop=False, image_mean=MEAN, image_std=STD).save_pretrained(
        folder
    )


if __name__ == "__main__":
    main()
