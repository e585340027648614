"""Measures the checkpoint of ``embedded:street-signs`` and writes its card.

Shapes: ``N`` scenes, ``P`` points of the grid of edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

import numpy as np
import numpy.typing as npt
import torch

from failscape.concepts import concept_space
from failscape.concepts.images.geometry import Zoom
from failscape.concepts.space import ConceptSpace
from failscape.data.batch import Images
from failscape.data.street import SIGNS, SceneFactors, render, sample_factors, sample_trained
from failscape.data.street.gaps import GAPS, LIMITS, TRAINED_LIGHTS, TRAINED_TILT
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.registry import load_target

HELD_OUT_WORLD, OTHER_WORLD = 0, 1  # seeds of scenes that were never trained on
SCENES = 1000  # per measured accuracy
GRID_SCENES = 500
AFAR = (0.8, 0.7, 0.6)  # zoom
TILTS = ((2.0, 5.0), (5.0, 8.0), (8.0, 10.0), (10.0, 12.0))  # [deg], measured to both sides
CARD = Template((Path(__file__).parent / "street_card.md").read_text(encoding="utf-8"))


def write_card(folder: Path, **recipe: int) -> None:
    """Measures the checkpoint in ``folder`` and writes its ``README.md``; ``recipe`` is quoted there."""
    target = load_target(f"hf:{folder}", "cpu")
    space = concept_space("fsrl")
    wrong = failures(target, space)
    text = CARD.substitute(
        recipe,
        parameters=sum(p.numel() for p in target.module.parameters()),
        signs=", ".join(f"`{sign}`" for sign in SIGNS),
        gaps="\n".join(f"- `{name}`: {meaning}" for name, meaning in GAPS.items()),
        accuracies="\n".join(f"| {where} | {share:.3f} |" for where, share in accuracies(target).items()),
        grid_scenes=GRID_SCENES,
        grid=_summary(wrong.mean(axis=1)),
        marginals="\n".join(marginals(space, wrong)),
        signs_failing=", ".join(_by_sign(wrong)),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def accuracies(target: ClassifierTarget) -> dict[str, float]:
    """Accuracy on held-out scenes by what they have in common, in [0, 1]."""
    found = {where: accuracy(target, scenes) for where, scenes in worlds().items()}
    trained = {"tilt": TRAINED_TILT, "light": TRAINED_LIGHTS}
    others = tuple(sign for sign in SIGNS if sign not in LIMITS)
    for factor in AFAR:
        found[f"`far-limits`, zoom {factor:g}"] = accuracy(target, _scenes(**trained, sign=LIMITS), factor)
        found[f"other signs, zoom {factor:g}"] = accuracy(target, _scenes(**trained, sign=others), factor)
    return found


def worlds() -> dict[str, list[SceneFactors]]:
    """Held-out scenes by what they have in common, outside the gaps and inside each."""
    trained = {"tilt": TRAINED_TILT, "light": TRAINED_LIGHTS}
    scenes = {
        "outside the gaps": [sample_trained(HELD_OUT_WORLD, index) for index in range(SCENES)],
        "`night`": _scenes(**{**trained, "light": "night"}),
    }
    for low, high in TILTS:
        both = _scenes(**{**trained, "tilt": (low, high)}) + _scenes(**{**trained, "tilt": (-high, -low)})
        scenes[f"`tilt`, {low:g} to {high:g} deg to either side"] = both
    return scenes


def _scenes(**constraints: object) -> list[SceneFactors]:
    return [sample_factors(OTHER_WORLD, index, **constraints) for index in range(SCENES)]


def answers(target: ClassifierTarget, pictures: torch.Tensor) -> npt.NDArray[np.int64]:
    """The class of highest score for pictures (N, 3, H, W) uint8: (N,)."""
    return target(pictures).logits.argmax(dim=1).cpu().numpy()


def accuracy(target: ClassifierTarget, scenes: Sequence[SceneFactors], zoom: float = 1.0) -> float:
    """The share of ``scenes``, seen at ``zoom``, whose sign is named rightly, in [0, 1]."""
    pictures = Zoom().apply(torch.from_numpy(render(scenes)), np.full(len(scenes), zoom))
    return float(np.mean(answers(target, pictures) == _labels(scenes)))


def failures(target: ClassifierTarget, space: ConceptSpace) -> npt.NDArray[np.bool_]:
    """Which of ``GRID_SCENES`` held-out scenes are named wrongly at each point of ``space``: (P, N)."""
    scenes = _grid_scenes()
    labels = _labels(scenes)
    pictures = Images(torch.from_numpy(render(scenes)), torch.from_numpy(labels))
    edited = (space.apply(pictures, np.tile(point, (len(scenes), 1))) for point in space.grid())
    return np.stack([answers(target, batch.pixels) != labels for batch in edited])


def marginals(space: ConceptSpace, wrong: npt.NDArray[np.bool_]) -> list[str]:
    """A table row per level of each concept: the failure rate averaged over the other concepts."""
    rates = wrong.mean(axis=1).reshape(space.shape)
    rows = []
    for axis, concept in enumerate(space.concepts):
        others = tuple(other for other in range(len(space.shape)) if other != axis)
        rows += [
            f"| {concept.name} {level:g} | {rate:.3f} |"
            for level, rate in zip(concept.levels, rates.mean(axis=others), strict=True)
        ]
    return rows


def _grid_scenes() -> list[SceneFactors]:
    return [sample_trained(HELD_OUT_WORLD, index) for index in range(GRID_SCENES)]


def _labels(scenes: Sequence[SceneFactors]) -> npt.NDArray[np.int64]:
    return np.array([SIGNS.index(scene.sign) for scene in scenes], dtype=np.int64)


def _summary(rates: npt.NDArray[np.float64]) -> str:
    return f"{rates.mean():.3f} on average, {rates.min():.3f} at the mildest point and {rates.max():.3f} at the worst"


def _by_sign(wrong: npt.NDArray[np.bool_]) -> list[str]:
    """Signs with their failure rate over the grid, the worst first."""
    labels = _labels(_grid_scenes())
    rates = {sign: float(wrong[:, labels == label].mean()) for label, sign in enumerate(SIGNS)}
    return [f"{sign} {rate:.2f}" for sign, rate in sorted(rates.items(), key=lambda pair: -pair[1])]
