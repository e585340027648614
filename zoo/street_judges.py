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

import torch
from transformers import (
    AutoModelForImageClassification,
    PreTrainedModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

from failscape.data.street.render import SIZE
from failscape.data.street.traffic.factors import FACTORS
from zoo.gates import judge_gates
from zoo.legs import Leg, add_arguments, forget, hours_spent, reduced, train_leg
from zoo.world_cards import Recipe, write_card
from zoo.world_data import LABELS, MEAN, STD, factor_loss, varied_batch

CHECKPOINTS = Path(__file__).parent.parent / "targets" / "checkpoints"
TRAINING_WORLDS = {"a": 3000, "b": 4000}  # the seeds of their scenes
BATCH, STEPS = 128, 4000
LEARNING_RATES = {"a": 3e-3, "b": 1.5e-3}


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
        pixels, values = varied_batch(TRAINING_WORLDS[args.judge] + args.seed, step, BATCH)
        with reduced(args.device):
            logits = judge(pixels.to(args.device, memory_format=torch.channels_last)).logits
        return factor_loss(logits.float(), values.to(args.device))

    if train_leg(leg, judge, loss, args.minutes):
        save(judge, folder)
        card(folder, args.judge, leg, args.seed)
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


def card(folder: Path, name: str, leg: Leg, seed: int) -> None:
    """Measures the saved judge and writes its card."""
    trained = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()
    does = "rewards and selects" if name == "a" else "verifies"
    recipe = Recipe(
        about=f"Judge {name.upper()} of traffic scenes, which {does}: an ordinary image classifier whose "
        f"{len(LABELS)} outputs are the values of {len(FACTORS)} factors, a softmax for each factor. "
        f"{sum(p.numel() for p in trained.parameters()):,} parameters, half precision on disk.",
        use="```python\nfrom failscape.targets.classifiers.factor_judge import FactorJudge\n\n"
        f'judge = FactorJudge("street-judge-{name}")\nverdicts = judge(pixels)  # (B, 3, 64, 64) uint8\n```',
        recipe=f"Scenes of world {TRAINING_WORLDS[name] + seed} at {SIZE} px, {BATCH} new ones in each step, some of "
        "them blurred, all a little noisier, brighter or darker.",
        command=f"python -m zoo.street_judges --judge {name} --steps {leg.steps} --seed {seed}",
        steps=leg.steps,
        seed=seed,
        hours=hours_spent(leg),
    )
    torch.manual_seed(0)  # of the random weights
    write_card(folder, recipe, judge_gates(trained), judge_gates(ARCHITECTURES[name]().eval()))


def save(judge: PreTrainedModel, folder: Path) -> None:
    """Writes half-precision weights, configuration and preprocessing into ``folder``."""
    judge.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    size = {"height": SIZE, "width": SIZE}
    ViTImageProcessor(size=size, image_mean=list(MEAN), image_std=list(STD)).save_pretrained(folder)


if __name__ == "__main__":
    main()
