"""The checkpoints of traffic scenes by name: how the gates of each are measured, and those of an untrained one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers import AutoencoderKL
from transformers import AutoModelForImageClassification, CLIPModel, CLIPTokenizer, Dinov2Model

from zoo import street_clip, street_dino, street_judges, street_unet_card
from zoo.drawn_gates import drawn_gates
from zoo.gates import Gate, clip_gates, dino_gates, judge_gates
from zoo.street_vae import CHECKPOINTS as FOLDER
from zoo.street_vae import new_vae, vae_gates
from zoo.world_cards import GATES


class Checkpoint(NamedTuple):
    """How a checkpoint is measured."""

    trained: Callable[[Path], list[Gate]]  # gates of the checkpoint in a folder
    untrained: Callable[[Path], list[Gate]]  # the same of random weights; the folder gives the tokenizer


def _judge(folder: Path) -> list[Gate]:
    return judge_gates(_loaded(AutoModelForImageClassification, folder))


def _random_judge(name: str, folder: Path) -> list[Gate]:
    return judge_gates(street_judges.ARCHITECTURES[name]().eval())


def _clip(folder: Path) -> list[Gate]:
    return clip_gates(_loaded(CLIPModel, folder), CLIPTokenizer.from_pretrained(folder))


def _random_clip(folder: Path) -> list[Gate]:
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    return clip_gates(street_clip.new_clip(tokenizer).eval(), tokenizer)


def _dino(folder: Path) -> list[Gate]:
    return dino_gates(_loaded(Dinov2Model, folder))


def _random_dino(folder: Path) -> list[Gate]:
    return dino_gates(street_dino.new_dino().eval())


def _vae(folder: Path) -> list[Gate]:
    return vae_gates(AutoencoderKL.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval())


def _random_vae(folder: Path) -> list[Gate]:
    return vae_gates(new_vae().eval())


def _pipeline(folder: Path) -> list[Gate]:
    return drawn_gates(street_unet_card.pipeline(folder))


CHECKPOINTS: dict[str, Checkpoint] = {
    "street-judge-a": Checkpoint(_judge, partial(_random_judge, "a")),
    "street-judge-b": Checkpoint(_judge, partial(_random_judge, "b")),
    "street-clip": Checkpoint(_clip, _random_clip),
    "street-dino": Checkpoint(_dino, _random_dino),
    "street-diffusion/vae": Checkpoint(_vae, _random_vae),
    "street-diffusion": Checkpoint(_pipeline, street_unet_card.untrained_gates),
}


def folder_of(name: str) -> Path:
    """Where a checkpoint lies, trained or not."""
    return FOLDER / name


def trained() -> list[str]:
    """Checkpoints that have a card."""
    return [name for name in CHECKPOINTS if (folder_of(name) / GATES).is_file()]


def _loaded(model_class: Any, folder: Path) -> Any:
    return model_class.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
