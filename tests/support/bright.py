"""A judge for pipelines of random weights, whose pictures show nothing: pictures of red cars have to be bright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from failscape.concepts import ConceptSpace
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.items import prompt_items
from failscape.data.prompts.read import read_prompts
from failscape.envs.picture_mdp import PictureMDP
from failscape.mitigation import Fitted, fine_tune, training_config
from failscape.mitigation.sampling import Failures
from failscape.rewards.pictures.base import AS_ASKED, Scored
from failscape.rewards.pictures.reward import PictureReward
from failscape.targets.diffusion.text_to_image import TextToImage

RED, BLUE, GREEN = range(3)  # rows of the grid
FAILURES = [Failures(np.array([RED]), ())]
QUICK = {"epochs": 2, "steps": 6, "batch_size": 2, "pictures": 6, "lr": 0.02, "average": 0.5}


class Bright:
    """Finds a picture of a prompt with ``red`` wrong where its mean is not above a limit; any other is right."""

    name, range, answers, blind_to = "bright", (0.0, 1.0), (AS_ASKED, "dark"), "all but brightness"
    threshold = None

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def __call__(self, prompts: Prompts, pictures: torch.Tensor) -> Scored:
        mean = pictures.float().mean(dim=(1, 2, 3)).numpy()
        wrong = (mean <= self.limit) & np.array(["red" in text for text in prompts.texts])
        return Scored((mean / 255).astype(np.float32), wrong.astype(np.int64), np.ones(len(mean), np.float32))


def bright_mdp(target: TextToImage, limit: float = 122.0, pictures: int = 12) -> PictureMDP:
    """Red, blue and green cars and buses; red ones fail where they are dark."""
    book = read_prompts("a {color} car", {"color": ["red", "blue", "green"]})
    book = book._replace(templates=("a {color} car", "a {color} bus"))
    items = prompt_items(book, pictures, 0.25)
    return PictureMDP(target, ConceptSpace([Slot("color", book.slots["color"])]), items, PictureReward(Bright(limit)))


def config(**settings: Any) -> Any:
    return training_config("text-to-image", None, {**QUICK, **settings})


def run(mdp: PictureMDP, folder: Path | None = None, tell: Any = None, **settings: Any) -> Fitted:
    return fine_tune(mdp, FAILURES, config(**settings), folder=folder, tell=tell)
