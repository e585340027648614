"""``failscape/ClipBlindPairs-v0``: which pairs of pictures does an encoder take for alike, and another one not?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from failscape.common.nouns import Nouns
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.base import Concept
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.lattice import lattice
from failscape.data.base import Items, Source
from failscape.data.images.open import open_pictures
from failscape.data.items import load_items, only_held_out
from failscape.data.pairs.batch import Pictures
from failscape.data.pairs.neighbors import nearest
from failscape.data.pairs.regions import regions as make_regions
from failscape.data.street.traffic.source import TrafficSource
from failscape.envs.actions.base import MAX_STEPS
from failscape.envs.actions.parsing import classes_seen, make_scheme
from failscape.envs.baseline import BaselineOutputs, counting, first_look
from failscape.envs.mdp import ConceptMDP
from failscape.envs.pair_mdp import PairMDP
from failscape.envs.tasks.neighbor_concept import Neighbor
from failscape.envs.tasks.scene_concepts import SCENE_CONCEPTS
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.pair_similarity import Blindness
from failscape.targets.encoders.mining.thresholds import threshold
from failscape.targets.encoders.two_encoders import TwoEncoders
from failscape.targets.outputs import PairOutputs
from failscape.targets.registry import load_target

DEFAULT_TARGET, DEFAULT_REFERENCE, DEFAULT_DATA = (
    "embedded:street-clip",
    "embedded:street-dino",
    "street:traffic?n=1000",
)
EXPLORATIONS = ("macro", "factored", "micro")
# Turn, mirror, recolour, hide a part; and of street scenes what is planted beside two factors that are seen.
DEFAULT_EDITS = ("rotation=-30,-15,0,15,30", "flip", "hue", "occlusion")
DEFAULT_FACTORS = ("facing", "headlights", "side", "rack", "flag", "letter", "color", "light")
ABOVE, BELOW = "0.95", "0.6"  # MMVP's, for CLIP and DINOv2 of the size ViT-L
# Of the embedded reference: most scenes that differ in one factor lie below, 99 % of those that differ in none above.
DEFAULT_BELOW = "0.97"
REGIONS = 8  # where the agent chooses regions and nobody says how many
OF_NEIGHBORS = ("a picture and its edited version", "a picture and another one of the corpus")
SIDE = 224  # [px] of pictures that are no scenes
NOUNS = Nouns(
    item="picture",
    items="pictures",
    plain_items="pictures",
    group="group",
    groups="groups",
    score="1 less the severity",
    failure="{answer}",
    parts="weights",
    others="other pictures",
    task="turns pictures into vectors",
    fails="takes for alike what the reference tells apart",
    wrongly="",
    failed="blind",
    asked="compared each picture with its edited version by both encoders",
    measure="A pair of a picture and its edited version counts as a failure where the target's similarity is above "
    "{above:.4f} and the reference's below {below:.4f}.",
)


def make_mdp(
    target: str | TwoEncoders = DEFAULT_TARGET,
    reference: str | None = None,
    data: str | Path | None = None,
    concepts: Any = None,
    explore: str = "macro",
    above: str | float = ABOVE,
    below: str | float | None = None,
    max_steps: int = MAX_STEPS,
    device: str = "auto",
    max_items: int = 5000,
    held_out: float = 0.2,
    unseen: bool = False,
    regions: int | None = None,
    data_seed: int = 0,
    baseline: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ConceptMDP:
    """The MDP of ``failscape/ClipBlindPairs-v0``.

    Description:
        A picture is drawn; the agent names one point of a grid of edits; the picture and its edited version are a
        pair, and both encoders say how alike they are. The pair is *blind*, a failure, where it is alike to the target
        and not to the reference. With the concept ``neighbor`` the other picture of a pair is one of the corpus: that
        which is the n-th most similar to the target. With ``region`` the agent also chooses in which region of the
        corpus a picture is drawn. All pairs of a corpus are mined by ``failscape pairs``.

    Action Space:
        By ``explore``: ``macro`` ``Discrete(P)`` jumps to a point of the grid, ``factored`` ``Discrete(max L)`` chooses
        one edit after the other, ``micro`` ``Discrete(2K)`` moves one edit a level down or up.
        ``env.unwrapped.describe_action(a)`` says in words what action ``a`` does.

    Observation Space:
        ``Box`` of float32: whitened vectors of the target, of the unedited picture and the mean of its group, in
        [-5, 5]; the score of the last pair, in [0, 1]; level of each edit, in [-1, 1]; whether any was made. It holds
        nothing of the reference but the score of a pair that was asked for.

    Rewards:
        Blindness: the target's similarity less the reference's, in [-2, 2]. Walks are paid for taking off the score and
        for the failure, and pay for each step.

    Starting State:
        A uniform random picture among those that are not held out, unedited. A reset asks nothing.

    Episode End:
        Termination: ``macro`` after one step, ``factored`` after one per edit, ``micro`` at the first blind pair.
        Truncation: walks after ``max_steps``.

    Arguments:
        target: URI of an encoder of pictures, or a :class:`~failscape.targets.encoders.two_encoders.TwoEncoders`.
        reference: URI of the encoder beside it; ``embedded:street-dino`` for the default target.
        data: pictures: a folder, ``torchvision:NAME``, ``hf:NAME``, ``street:traffic``.
        concepts: image edits; of ``street:traffic`` also ``other-FACTOR``: the scene with another value of it;
            ``neighbor=1,2,4``: pictures of the corpus that are not held out, by the rank of their similarity to the
            target; ``region``: which region a picture is drawn from.
        explore: ``macro``, ``factored`` or ``micro``.
        above: threshold of the target: a cosine, or a quantile of random pairs of the pictures such as ``q0.999``.
        below: threshold of the reference, likewise; .6, or .97 for the default target.
        max_steps: that a walk may take.
        device: ``auto``, ``cpu``, ``cuda``.
        max_items: pictures held in memory at most, drawn evenly over groups.
        held_out: share of the pictures kept from exploration, for confirming what it finds.
        unseen: explore only pictures that are held out otherwise.
        regions: groups are so many clusters of the target's vectors; else the classes of the data, if it has any.
        data_seed: of the draw of pictures.
        baseline: a file that keeps what the target makes of the unedited pictures; read if it is there.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    if explore not in EXPLORATIONS:
        raise UsageError(f"no way to explore pairs {explore!r}{did_you_mean(explore, EXPLORATIONS)}")
    both = target if isinstance(target, TwoEncoders) else _loaded(target, reference, device)
    source, name = _opened(both.name, data)
    items = _items(source, max_items, data_seed, held_out, progress)
    items = only_held_out(items, held_out) if unseen else items
    named = _named(concepts, isinstance(source, TrafficSource))
    clean = first_look(both, items, progress=counting(progress, "looking at unedited pictures", len(items)))
    items = _in_regions(items, clean.target, REGIONS if regions is None and "region" in named else regions)
    space = _space(named, explore, isinstance(source, TrafficSource), classes_seen(items, items.group_names))
    items = _with_neighbors(items, clean.target, space)
    if below is None:
        below = DEFAULT_BELOW if both.name.partition("?")[0] == DEFAULT_TARGET else BELOW
    bounds = threshold(above, clean.target.numpy(), "--above"), threshold(below, clean.reference.numpy(), "--below")
    for value, option in zip(bounds, ("--above", "--below"), strict=True):
        if not -1 < value < 1:
            raise UsageError(f"{option} is {value:g}; it is a cosine between -1 and 1")
    reward = Blindness(clean, *bounds)
    seen = _baseline(both, clean, items, reward, baseline)
    nouns = _nouns(space, regions is not None or "region" in named, bounds)
    scheme = make_scheme(explore, space, items, None, None, max_steps)
    return PairMDP(both, space, items, reward, seen, name, scheme, nouns=nouns)


def _loaded(target: str, reference: str | None, device: str) -> TwoEncoders:
    beside = reference or (DEFAULT_REFERENCE if target.partition("?")[0] == DEFAULT_TARGET else None)
    if beside is None:
        raise UsageError(f"{target} needs a second encoder to be compared with: give --reference")
    encoders = [load_target(uri, device) for uri in (target, beside)]
    for encoder in encoders:
        if encoder.task != "image-feature-extraction":
            raise UsageError(f"{encoder.name} is no encoder of pictures")
    return TwoEncoders(*encoders)


def _opened(target: str, data: str | Path | None) -> tuple[Source, str]:
    spec = data or (DEFAULT_DATA if target.partition("?")[0] == DEFAULT_TARGET else None)
    if spec is None:
        raise UsageError(f"{target} needs pictures to look at: give --data, such as a folder")
    return open_pictures(spec), str(spec)


def _items(
    source: Source, max_items: int, seed: int, held_out: float, progress: Callable[[str, int, int], None] | None
) -> Items:
    """The pictures, cut to squares of one size; scenes as large as they are drawn."""
    scenes = source.scenes if isinstance(source, TrafficSource) else None

    def prepare(picture: Image.Image) -> tuple[torch.Tensor]:
        square = picture if scenes is not None else _square(picture)
        return (torch.from_numpy(np.array(square).transpose(2, 0, 1).copy()),)

    items = load_items(
        source,
        prepare,
        lambda fields, labels: Pictures.of(fields[0]),
        device="cpu",
        max_items=max_items,
        seed=seed,
        held_out_share=held_out,
        progress=(lambda done, total: progress("reading pictures", done, total)) if progress else None,
    )
    if scenes is None:
        return items
    known = dict(zip(source.names, scenes, strict=True))
    assert isinstance(items.batch, Pictures)
    return replace(items, batch=Pictures.of(items.batch.pixels, [known[name] for name in items.names]))


def _square(picture: Image.Image) -> Image.Image:
    """The middle of a picture, as a square of ``SIDE`` pixels or, where it is smaller, of its shorter side."""
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    cut = picture.crop((left, top, left + side, top + side))
    return cut.resize((SIDE, SIDE), Image.Resampling.BICUBIC) if side != SIDE else cut


def _named(concepts: Any, has_scenes: bool) -> Any:
    """Concepts as they were named; the usual ones where none were."""
    if concepts is None:
        return [f"other-{name}" for name in DEFAULT_FACTORS] if has_scenes else list(DEFAULT_EDITS)
    return [concepts] if isinstance(concepts, str) else concepts


def _in_regions(items: Items, vectors: torch.Tensor, n: int | None) -> Items:
    if n is None:
        return items
    group, names = make_regions(vectors.numpy(), ~items.held_out, n)
    return replace(items, group=group, group_names=names)


def _space(named: Any, explore: str, has_scenes: bool, groups: Mapping[str, int]) -> ConceptSpace:
    """The grid; a picture is replaced before a scene's factors change, and these before its pixels do."""
    own: dict[str, type[Concept]] = {**IMAGE_CONCEPTS, Neighbor.name: Neighbor}
    own |= SCENE_CONCEPTS if has_scenes else {}
    space = named if isinstance(named, ConceptSpace) else concept_space(named, groups, own=own)
    first = [Neighbor.name, *SCENE_CONCEPTS]
    order = sorted(space.names, key=lambda name: first.index(name) if name in first else len(first))
    space = ConceptSpace(space.concepts, order)
    return lattice(space) if explore == "micro" else space


def _with_neighbors(items: Items, vectors: torch.Tensor, space: ConceptSpace) -> Items:
    """The items with their neighbors among those that are not held out, as far as the grid asks for them."""
    if Neighbor.name not in space.names:
        return items
    levels = space.concepts[space.names.index(Neighbor.name)].levels
    if (levels != levels.astype(int)).any():
        raise UsageError(f"neighbor takes whole ranks such as 1, 2 and 4, not {levels.tolist()}")
    most, n_pool = int(levels.max()), int((~items.held_out).sum())
    if most >= n_pool:
        raise UsageError(f"there is no neighbor {most} among {n_pool} pictures; give lower ranks, or more pictures")
    assert isinstance(items.batch, Pictures)
    return replace(items, batch=items.batch.with_neighbors(nearest(vectors, ~items.held_out, most)))


def _nouns(space: ConceptSpace, in_regions: bool, bounds: tuple[float, float]) -> Nouns:
    nouns = NOUNS._replace(group="region", groups="regions") if in_regions else NOUNS
    if Neighbor.name in space.names:
        nouns = nouns._replace(
            asked="compared each picture with others by both encoders", measure=nouns.measure.replace(*OF_NEIGHBORS)
        )
    return nouns._replace(measure=nouns.measure.format(above=bounds[0], below=bounds[1]))


def _baseline(
    target: TwoEncoders, clean: PairOutputs, items: Items, reward: Blindness, path: str | Path | None
) -> BaselineOutputs:
    if path is not None and Path(path).exists():
        return BaselineOutputs.load(Path(path), target, items)
    found = BaselineOutputs.of(target, clean, items, reward)
    if path is not None:
        found.save(Path(path))
    return found
