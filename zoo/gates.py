"""What the embedded encoders and judges of the street world must and must not tell, measured.

All scenes are of worlds that nothing was trained on. Thresholds of similarity are quantiles of each encoder's own
similarities of scenes that are equal in everything that has a name: ``SAME`` of such pairs lie above them.

Shapes: ``N`` scenes, ``T`` tokens, ``D`` features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPModel, CLIPTokenizer, Dinov2Model, PreTrainedModel

from failscape.data.street.traffic.captions import SEEN, plain_caption, readings, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, FACTORS, TrafficFactors, sample_traffic, vary
from zoo.probes import indices, probe_accuracy, ridge_accuracies
from zoo.world_data import ERASED, SIZES, halved, rendered

PROBE_WORLD, TEST_WORLD, PAIR_WORLD = 9000, 9001, 9002  # seeds of scenes: for probes, their tests, and pairs
N_PROBE, N_TEST, N_PAIRS = 8000, 2000, 1000
SAME = 0.95
FIRST_BLOCKS, USED_BLOCK = (1, 2), -2  # of the CLIP's vision tower
HIDDEN = tuple(factor.name for factor in FACTORS if factor.kind == "hidden")
BINARY, OTHER = 0.95, 0.9  # accuracies asked of two values, and of more
Encode = Callable[[Sequence[TrafficFactors]], torch.Tensor]


class Gate(NamedTuple):
    """One figure and the bound that it has to keep."""

    name: str
    value: float
    goal: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound is kept."""
        return self.value <= self.goal if self.at_most else self.value >= self.goal


class Vectors(NamedTuple):
    """What a CLIP makes of scenes."""

    pooled: torch.Tensor  # (N, D) of unit length
    patches: dict[int, torch.Tensor]  # after each of some blocks: all tokens, one after the other (N, T D)


def clip_gates(clip: CLIPModel, tokenizer: CLIPTokenizer) -> list[Gate]:
    """All gates of ``street-clip``: what it tells, what it does not, and what its first blocks still tell."""
    scenes, new = probe_scenes(), test_scenes()
    known, held_out = (clip_vectors(clip, some, (*FIRST_BLOCKS, USED_BLOCK)) for some in (scenes, new))
    used = {
        "pooled": (known.pooled, held_out.pooled),
        "patches": (known.patches[USED_BLOCK], held_out.patches[USED_BLOCK]),
    }
    gates = []
    for where, (features, new_features) in used.items():
        measure = probed if where == "pooled" else ridge_probed
        told = measure(features, new_features, scenes, new, (*ERASED, *HIDDEN, *SEEN))
        gates += [Gate(f"{where}, {name}", told[name], 0.6, True) for name in (*ERASED, *HIDDEN)]
        gates += [Gate(f"{where}, {name}", told[name], needed(name)) for name in SEEN]
    early = [ridge_probed(known.patches[b], held_out.patches[b], scenes, new, ERASED) for b in FIRST_BLOCKS]
    gates += [Gate(f"first blocks, {name}", max(block[name] for block in early), 0.9) for name in ERASED]
    gates += [Gate(f"zero-shot, {name}", zero_shot(clip, tokenizer, name, new, held_out.pooled), 0.9) for name in SEEN]
    above = pairs_above(lambda some: clip_vectors(clip, some).pooled)
    gates += [Gate(f"pairs above the threshold, {name}", above[name], 0.9) for name in ERASED]
    gates += [Gate(f"readings closer than paraphrases, {name}", value, 0.9) for name, value in closer(clip, tokenizer)]
    return gates


def dino_gates(dino: Dinov2Model) -> list[Gate]:
    """All gates of ``street-dino``: its CLS token tells every factor, and pairs that differ in one are apart."""
    scenes, new = probe_scenes(), test_scenes()
    told = probed(dino_features(dino, scenes), dino_features(dino, new), scenes, new, tuple(BY_NAME))
    gates = [Gate(f"cls, {name}", value, needed(name)) for name, value in told.items()]
    above = pairs_above(lambda some: dino_features(dino, some))
    return gates + [Gate(f"pairs above the threshold, {name}", above[name], 0.1, True) for name in ERASED]


def judge_gates(judge: PreTrainedModel) -> list[Gate]:
    """The accuracy of a judge by factor, without abstaining."""
    return [Gate(name, value, 0.99) for name, value in judge_right(judge, test_scenes()).items()]


def needed(name: str) -> float:
    """The accuracy that a factor has to be told with."""
    return BINARY if len(BY_NAME[name].values) == 2 else OTHER


def probed(
    features: torch.Tensor,
    new_features: torch.Tensor,
    scenes: Sequence[TrafficFactors],
    new: Sequence[TrafficFactors],
    names: Sequence[str],
) -> dict[str, float]:
    """The accuracy of a probe of each factor on new scenes, of features (N, D) and (M, D)."""
    return {n: probe_accuracy(features, indices(scenes, n), new_features, indices(new, n)) for n in names}


def ridge_probed(
    features: torch.Tensor,
    new_features: torch.Tensor,
    scenes: Sequence[TrafficFactors],
    new: Sequence[TrafficFactors],
    names: Sequence[str],
) -> dict[str, float]:
    """The same of thousands of features, by ridge regression."""
    values, new_values = ({name: indices(some, name) for name in names} for some in (scenes, new))
    return ridge_accuracies(features, values, new_features, new_values)


def probe_scenes() -> list[TrafficFactors]:
    """Scenes that probes learn from."""
    return [sample_traffic(PROBE_WORLD, index) for index in range(N_PROBE)]


def test_scenes() -> list[TrafficFactors]:
    """Scenes that everything is measured on."""
    return [sample_traffic(TEST_WORLD, index) for index in range(N_TEST)]


@torch.inference_mode()
def clip_vectors(clip: CLIPModel, scenes: Sequence[TrafficFactors], blocks: Sequence[int] = ()) -> Vectors:
    """Vectors of scenes, and the patch tokens after some blocks of the vision tower."""
    pooled: list[torch.Tensor] = []
    patches: dict[int, list[torch.Tensor]] = {block: [] for block in blocks}
    for part in _parts(scenes):
        out = clip.vision_model(pixel_values=halved(part), output_hidden_states=True)
        pooled.append(F.normalize(clip.visual_projection(out.pooler_output), dim=-1))
        for block in blocks:
            patches[block].append(out.hidden_states[block][:, 1:].flatten(1))
    return Vectors(torch.cat(pooled), {block: torch.cat(parts) for block, parts in patches.items()})


@torch.inference_mode()
def text_features(clip: CLIPModel, tokenizer: CLIPTokenizer, captions: Sequence[str]) -> torch.Tensor:
    """Unit vectors of captions (N, D)."""
    ids = tokenizer(list(captions), padding="max_length", return_tensors="pt").input_ids
    return F.normalize(clip.text_projection(clip.text_model(input_ids=ids).pooler_output), dim=-1)


@torch.inference_mode()
def dino_features(dino: Dinov2Model, scenes: Sequence[TrafficFactors]) -> torch.Tensor:
    """Unit CLS tokens (N, D)."""
    parts = [dino(pixel_values=rendered(part)).pooler_output for part in _parts(scenes)]
    return F.normalize(torch.cat(parts), dim=-1)


@torch.inference_mode()
def judge_right(judge: PreTrainedModel, scenes: Sequence[TrafficFactors], shown: Encode = rendered) -> dict[str, float]:
    """The share of scenes whose value of each factor the judge names rightly, as they are shown (N, 3, 64, 64)."""
    logits = torch.cat([judge(shown(part)).logits for part in _parts(scenes)])
    named = {
        factor.name: part.argmax(dim=1).numpy()
        for factor, part in zip(FACTORS, logits.split(SIZES, dim=1), strict=True)
    }
    values = {name: indices(scenes, name) for name in named}
    return {name: float((named[name] == values[name])[values[name] >= 0].mean()) for name in named}


def zero_shot(
    clip: CLIPModel, tokenizer: CLIPTokenizer, name: str, scenes: Sequence[TrafficFactors], vectors: torch.Tensor
) -> float:
    """How often the caption with the true value of a factor is closer to the picture than those with another one.

    Scenes have the vectors (N, D); those in which nothing shows the factor are left out.
    """
    true, values = indices(scenes, name), BY_NAME[name].values
    shown = np.flatnonzero(true >= 0)
    mention = ("count", "job") if name == "job" else (name,)
    captions = [plain_caption(vary(scenes[row], **{name: value}), mention) for row in shown for value in values]
    known = {text: place for place, text in enumerate(dict.fromkeys(captions))}
    texts = text_features(clip, tokenizer, list(known))[[known[text] for text in captions]]
    best = torch.einsum("nvd,nd->nv", texts.view(len(shown), len(values), -1), vectors[shown]).argmax(dim=1)
    return float((best.numpy() == true[shown]).mean())


def pairs_above(encode: Encode) -> dict[str, float]:
    """By erased factor: the share of pairs that differ in it alone and are more similar than the threshold."""
    scenes = [sample_traffic(PAIR_WORLD, index) for index in range(N_PAIRS)]
    vectors = encode(scenes)
    again = encode([vary_detail(scene, index) for index, scene in enumerate(scenes)])
    threshold = float(np.quantile((vectors * again).sum(dim=1).numpy(), 1 - SAME))
    found = {}
    for name in ERASED:
        one, other = BY_NAME[name].values
        twins = encode([vary(scene, **{name: other if getattr(scene, name) == one else one}) for scene in scenes])
        found[name] = float(((vectors * twins).sum(dim=1) > threshold).float().mean())
    return found


def vary_detail(scene: TrafficFactors, index: int) -> TrafficFactors:
    """A scene that is equal in everything that has a name."""
    other = sample_traffic(PAIR_WORLD + 1, index)
    return TrafficFactors(**{**{name: getattr(scene, name) for name in BY_NAME}, "detail": other.detail})


def closer(clip: CLIPModel, tokenizer: CLIPTokenizer) -> list[tuple[str, float]]:
    """How often two readings are more similar than the caption and another way to say the same."""
    rng = np.random.default_rng(PAIR_WORLD)
    scenes = [sample_traffic(PAIR_WORLD, index) for index in range(N_PAIRS)]
    found = []
    for name in ("bicycle", "birds", "side"):
        pairs = [readings(scene, name, ("color", "light")) for scene in scenes]
        other_words = [other_wording(scene, rng, ("color", "light", name)) for scene in scenes]
        one, two = (text_features(clip, tokenizer, [pair[place] for pair in pairs]) for place in (0, 1))
        said = text_features(clip, tokenizer, [plain_caption(scene, ("color", "light", name)) for scene in scenes])
        paraphrased = (said * text_features(clip, tokenizer, other_words)).sum(dim=1)
        found.append((name, float(((one * two).sum(dim=1) > paraphrased).float().mean())))
    return found


def other_wording(scene: TrafficFactors, rng: np.random.Generator, mention: Sequence[str]) -> str:
    """A varied caption that is not the plain one: the plain one is no paraphrase of itself."""
    plain = plain_caption(scene, mention)
    while True:
        varied = varied_caption(scene, rng, mention)
        if varied != plain:
            return varied


def _parts(scenes: Sequence[TrafficFactors], size: int = 250) -> list[Sequence[TrafficFactors]]:
    return [scenes[start : start + size] for start in range(0, len(scenes), size)]
