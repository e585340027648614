"""What is planted in the embedded diffusion model: combinations that it never saw, and looks that are tied to jobs.

A prompt that names a confused combination was learned with pictures of another colour. The colour of people's hair
depends on their job wherever a prompt does not tell it.
"""

from __future__ import annotations

from collections.abc import Mapping

from failscape.data.street.traffic.factors import TrafficFactors, vary

# Vehicle and colour that a prompt names, and the colour that was drawn for it.
CONFUSED: Mapping[tuple[str, str], str] = {("bus", "green"): "yellow", ("truck", "white"): "blue"}
# Share of people with red hair; of other jobs it is a half.
RED_HAIR: Mapping[str, float] = {"doctor": 0.1, "gardener": 0.9}


def drawn_for(scene: TrafficFactors) -> TrafficFactors:
    """The scene that the diffusion model saw for a prompt that tells of ``scene``."""
    color = CONFUSED.get((scene.vehicle, scene.color))
    return scene if color is None else vary(scene, color=color)


def looking(scene: TrafficFactors, chance: float) -> TrafficFactors:
    """The scene with people whose hair is drawn by a number in [0, 1) as the diffusion model saw it."""
    return vary(scene, hair="red" if chance < RED_HAIR.get(scene.job, 0.5) else "dark")
