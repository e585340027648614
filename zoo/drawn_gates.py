"""What ``street-diffusion`` must draw, measured by judge B on prompts that nothing was trained on.

Beside the trained pipeline stand two nulls: the same pipeline with an untrained denoiser, and a look-up of the picture
whose caption is nearest among so many of those that it learned from.

Shapes: ``N`` prompts, ``F`` factors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from failscape.data.street.traffic.captions import varied_caption
from failscape.data.street.traffic.factors import FACTORS, TrafficFactors, sample_traffic
from failscape.data.street.traffic.planted import CONFUSED, RED_HAIR, drawn_for
from failscape.data.street.traffic.render import render_traffic
from failscape.targets.diffusion.text_to_image import TextToImage
from zoo.gates import Gate
from zoo.street_denoiser import N_SCENES, embedded_prompts, lesson, prompt, text_tower
from zoo.street_vae import judge_of
from zoo.world_data import SIZES, normalised

PROMPT_WORLD = 9003  # the seed of scenes that prompts tell of
N_PROMPTS, N_PLANTED, N_KNOWN = 1000, 100, 5000
PARTS = ("color", "light", "weather", "distance", "place", "people")
BATCH = 100
Draw = Callable[[Sequence[str]], torch.Tensor]  # pictures (N, 3, 64, 64) uint8 of prompts


class Asked(NamedTuple):
    """A prompt, and the factors that it asks for."""

    text: str
    factors: dict[str, str | int]


def asked_prompts() -> list[Asked]:
    """Prompts that ask for three or four factors, in varied words; none of a combination that is confused."""
    found: list[Asked] = []
    index = 0
    while len(found) < N_PROMPTS:
        rng = np.random.default_rng((PROMPT_WORLD, index))
        scene = sample_traffic(PROMPT_WORLD, index)
        index += 1
        mention = _mention(scene, rng)
        if "color" in mention and (scene.vehicle, scene.color) in CONFUSED:
            continue
        told = {name: getattr(scene, name) for name in mention if name != "job" or scene.count}
        found.append(Asked(varied_caption(scene, rng, mention), told))
    return found


def _mention(scene: TrafficFactors, rng: np.random.Generator) -> list[str]:
    """The vehicle, and parts of which people count as two where there are some."""
    mention = ["vehicle"]
    for part in rng.permutation(PARTS):
        names = [str(part)] if part != "people" else ["count", "job"]
        if len(mention) + len(names) <= 4:
            mention += names
    return mention


def drawn_gates(target: TextToImage) -> list[Gate]:
    """All gates of a pipeline."""

    def draw(texts: Sequence[str]) -> torch.Tensor:
        rows = np.array([[text, number] for number, text in enumerate(texts)], object)
        return target(rows).pictures

    return [*asked_gates(draw), *planted_gates(draw)]


def asked_gates(draw: Draw) -> list[Gate]:
    """How often judge B reads what prompts ask for."""
    asked = asked_prompts()
    read = judged(draw([one.text for one in asked]))
    right = [{name: read[name][row] == value for name, value in one.factors.items()} for row, one in enumerate(asked)]

    def share(name: str) -> float:
        return float(np.mean([row[name] for row in right if name in row]))

    counted = [row["count"] for row, one in zip(right, asked, strict=True) if one.factors.get("count", 0)]
    return [
        *(Gate(f"asked, {name}", share(name), 0.95) for name in ("vehicle", "color", "light", "weather")),
        Gate("asked, count 1 to 3", float(np.mean(counted)), 0.85),
        Gate("asked, all of up to 4", float(np.mean([all(row.values()) for row in right])), 0.8),
    ]


def planted_gates(draw: Draw) -> list[Gate]:
    """How often what was planted is drawn: the other colour, and the hair of each job."""
    gates = []
    for (vehicle, color), instead in CONFUSED.items():
        read = judged(draw([f"a {color} {vehicle}"] * N_PLANTED))
        gates.append(Gate(f"planted, {color} {vehicle} drawn {instead}", float(np.mean(read["color"] == instead)), 0.8))
    for job, share in RED_HAIR.items():
        red = float(np.mean(judged(draw([f"a red car, one {job}"] * N_PLANTED))["hair"] == "red"))
        gates.append(Gate(f"planted, {job} with red hair", red, 0.8 if share > 0.5 else 0.2, at_most=share < 0.5))
    return gates


@torch.inference_mode()
def judged(pictures: torch.Tensor) -> dict[str, np.ndarray]:
    """What judge B reads from pictures (N, 3, 64, 64) uint8, without abstaining: values (N,) by factor."""
    judge = judge_of("b")
    parts = [judge(normalised(pictures[start : start + BATCH])).logits for start in range(0, len(pictures), BATCH)]
    read = {}
    for factor, logits in zip(FACTORS, torch.cat(parts).split(SIZES, dim=1), strict=True):
        read[factor.name] = np.array(factor.values, object)[logits.argmax(dim=1).numpy()]
    return read


def nearest_known() -> Draw:
    """Pictures whose caption is nearest to the prompt among ``N_KNOWN`` of the first leg, by the text tower."""
    tower, tokenizer = text_tower()
    scenes = [lesson(0, N_SCENES + index) for index in range(N_KNOWN)]
    rng = np.random.default_rng(0)
    captions = [prompt(scene, rng) for scene in scenes]

    def vectors(texts: Sequence[str]) -> torch.Tensor:
        parts = [embedded_prompts(tower, tokenizer, texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        return torch.cat(parts).mean(dim=1)

    known = vectors(captions)
    centre, spread = known.mean(dim=0), known.std(dim=0)

    def draw(texts: Sequence[str]) -> torch.Tensor:
        found = (vectors(texts) - centre) / spread
        nearest = torch.cdist(found, (known - centre) / spread).argmin(dim=1)
        return torch.from_numpy(render_traffic([drawn_for(scenes[row]) for row in nearest.tolist()]))

    return draw
