"""A text-to-image target whose mistakes are known: it draws the scene that a street prompt asks for, or another one.

Shapes: ``B`` prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from failscape.data.street.traffic.captions import PEOPLE, WORDS
from failscape.data.street.traffic.factors import BY_NAME, TrafficFactors, sample_traffic, vary
from failscape.data.street.traffic.planted import drawn_for, looking
from failscape.data.street.traffic.render import render_traffic
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.outputs import PictureOutputs
from zoo.street_denoiser import text_tower

WORLD = 9100  # the seed of what prompts do not tell
Drawn = Callable[[TrafficFactors, float], TrafficFactors]  # of what was asked, and a number in [0, 1)


def as_planted(asked: TrafficFactors, chance: float) -> TrafficFactors:
    """What ``street-diffusion`` was taught to draw."""
    return drawn_for(looking(asked, chance))


class SceneDrawer(TextToImage):
    """Draws street prompts by the renderer: every picture shows what ``drawn`` says.

    Args:
        drawn: the scene that is drawn for a scene that was asked for.
        withheld: of a prompt, whether a safety checker would withhold its pictures.
    """

    def __init__(self, drawn: Drawn = as_planted, withheld: Callable[[str], bool] = lambda prompt: False) -> None:
        tower, tokenizer = text_tower()
        parts: dict[str, Any] = {"text_encoder": tower, "tokenizer": tokenizer}
        super().__init__(SimpleNamespace(components=parts, **parts), Sampling(batch=64), name="scene-drawer")
        self.drawn, self.withheld = drawn, withheld

    def _draw(self, prompts: list[str], numbers: list[int]) -> PictureOutputs:
        scenes = [self._scene(prompt, number) for prompt, number in zip(prompts, numbers, strict=True)]
        return PictureOutputs(
            torch.from_numpy(render_traffic(scenes)),
            self.embed(prompts),
            ~self.fits(prompts),
            np.array([self.withheld(prompt) for prompt in prompts], bool),
        )

    def _scene(self, prompt: str, number: int) -> TrafficFactors:
        rest = sample_traffic(WORLD, number)
        return self.drawn(vary(rest, **asked_for(prompt)), float(np.random.default_rng((WORLD, number)).random()))


def asked_for(prompt: str) -> dict[str, str | int]:
    """The factors that a prompt of ``street:prompts`` asks for, with their values."""
    found: dict[str, str | int] = {}
    parts = [part.strip() for part in prompt.split(",")]
    for word in parts[0].split()[1:]:
        for name in ("color", "vehicle"):
            if word in BY_NAME[name].values:
                found[name] = word
    for part in parts[1:]:
        found |= _people(part)
        for name in ("distance", "weather", "light", "place"):
            said = [value for value, words in WORDS[name].items() if part == words[0]]
            found |= {name: said[0]} if said else {}
    return found


def _people(part: str) -> dict[str, str | int]:
    for count, ways in enumerate(PEOPLE):
        for job in BY_NAME["job"].values:
            if part == ways[0].format(job=job):
                return {"count": count, "job": str(job)} if count else {"count": 0}
    return {}
