"""Does a repair by mined pairs bring back what an encoder was made blind to, and nothing that its input does not hold?

``embedded:street-clip`` beside ``embedded:street-dino``, scenes of three seeds. The default explorer searches edits of
scenes for blind pairs (``--budget`` queries); the confirmed modes are what the target is fine-tuned on, in full and by
LoRA, as ``failscape mitigate`` does with ``--set epochs=30``, or 45. Before and after, pairs of scenes of another world
are looked at, which neither search nor fine-tune has seen: each scene with its twin that differs in one factor alone. A
pair is blind where the target's similarity is above one threshold and the reference's below another. Thresholds are
those of the search, fixed before the repair; and once more the target's is the quantile of random pairs that the fixed
one was before the repair.

*Erased* factors are in the target's input, *hidden* ones are not: a repair that changes those is a leak of the
measurement. The null is a fine-tune with the same settings on pairs that differ in hidden factors alone. Zero-shot
accuracy is that of captions of the factors that are *seen*.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from transformers import CLIPModel, CLIPTokenizer

from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from failscape.data.street.traffic import FACTORS, TrafficFactors, render_traffic, sample_traffic, vary
from failscape.data.street.traffic.captions import SEEN
from failscape.envs.tasks.blind_pairs import make_mdp
from failscape.mitigation import choose_modes, fine_tune, training_config
from failscape.mitigation.sampling import Failures, failures_of
from failscape.mitigation.trainers.base import Epoch
from failscape.rewards.pair_similarity import Blindness
from failscape.targets import embedded
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.encoders.mining.similarity import cosines
from failscape.targets.encoders.mining.thresholds import random_pairs
from failscape.targets.encoders.two_encoders import TwoEncoders
from zoo.gates import zero_shot

KINDS = {kind: [f.name for f in FACTORS if f.kind == kind] for kind in ("erased", "hidden")}
ALL = [name for names in KINDS.values() for name in names]
ASKED = [*ALL, "color", "light"]  # factors that the search edits
EPOCHS = {"full": 30, "lora": 45}  # of each method
FRESH_WORLD = 500  # seed of the scenes that are looked at, and one more for each seed


class Looked(NamedTuple):
    """What a target makes of fresh pairs."""

    blind: dict[str, float]  # share of blind pairs by the factor that differs, the threshold fixed
    again: dict[str, float]  # with the threshold at the same quantile of random pairs
    seen: dict[str, float]  # zero-shot accuracy by factor


class Fresh:
    """Scenes that nothing was trained or searched on, their twins, and what the reference makes of them."""

    def __init__(self, both: TwoEncoders, n: int, seed: int, bounds: tuple[float, float]) -> None:
        self.scenes = [sample_traffic(FRESH_WORLD + seed, index) for index in range(n)]
        self.pixels = drawn(self.scenes)
        self.twins = {name: drawn([other(scene, name) for scene in self.scenes]) for name in ALL}
        self.above, self.below = bounds
        self.ends = random_pairs(n, 100 * n, seed)
        clean = vectors(both.target, self.pixels)
        self.share = float((cosines(clean.numpy(), *self.ends) <= self.above).mean())
        reference = vectors(both.reference, self.pixels)
        self.told = {
            name: told(reference, vectors(both.reference, twins)) < self.below for name, twins in self.twins.items()
        }

    def look(self, both: TwoEncoders, clip: CLIPModel, tokenizer: CLIPTokenizer) -> Looked:
        """Blind pairs of a target, and what it still tells."""
        clean = vectors(both.target, self.pixels)
        above = float(np.quantile(cosines(clean.numpy(), *self.ends), self.share))
        alike = {name: told(clean, vectors(both.target, twins)) for name, twins in self.twins.items()}
        found = [
            {name: float(((alike[name] > bound) & self.told[name]).float().mean()) for name in ALL}
            for bound in (self.above, above)
        ]
        return Looked(*found, {name: zero_shot(clip, tokenizer, name, self.scenes, clean) for name in SEEN})


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--first", type=int, default=0, help="first of the seeds")
    arguments.add_argument("--budget", type=int, default=4000, help="queries of the search")
    arguments.add_argument("--scenes", type=int, default=4000, help="of the search and the fine-tune")
    arguments.add_argument("--fresh", type=int, default=1000, help="scenes of the pairs that are looked at")
    arguments.add_argument("--patience", type=int, default=24, help="epochs without a better loss; a null stops so")
    arguments.add_argument("--methods", nargs="+", choices=tuple(EPOCHS), default=list(EPOCHS))
    args = arguments.parse_args(argv)
    found: dict[str, list[dict[str, Any]]] = {method: [] for method in args.methods}
    for seed in range(args.first, args.first + args.seeds):
        for method, figure in of_seed(seed, args).items():
            found[method].append(figure)
    rows = [row for method in args.methods for row in must_show(method, found[method])]
    return finish(args.json, rows, {"seeds": args.seeds, "repairs": found})


def of_seed(seed: int, args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Figures of each method."""
    mdp = make_mdp(data=f"street:traffic?n={args.scenes}&seed={seed}", concepts=[f"other-{name}" for name in ASKED])
    both, reward = mdp.target, mdp.reward
    assert isinstance(both, TwoEncoders) and isinstance(reward, Blindness)
    _, modes = explored_modes(mdp, "dqn", args.budget, seed)
    chosen = [modes[number - 1] for number in choose_modes(modes, space=mdp.space)]
    print(f"seed {seed}: {'; '.join(f'{mode.name} ({mode.rate:.0%})' for mode in chosen)}", flush=True)
    folder = embedded.embedded_folder("street-clip")
    clip = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    fresh = Fresh(both, args.fresh, seed, reward.threshold)
    look = partial(fresh.look, clip=clip, tokenizer=tokenizer)
    before = look(both)
    hidden = Failures(points_of(mdp.space, KINDS["hidden"]), ())
    failures = [part for mode in chosen for part in failures_of(mode.points, mode.classes, mdp.space)]
    figures = {}
    for method in args.methods:
        settings = {"seed": seed, "epochs": EPOCHS[method], "patience": args.patience}
        config = training_config(both.task, method, settings)
        found = [before]
        for name, taught in (("after", failures), ("null", [hidden])):
            found.append(look(both.with_weights(fine_tune(mdp, taught, config, tell=tell).weights)))
            print(f"  {method}, {name}: {text(before, found[-1])}", flush=True)
        figures[method] = {name: part._asdict() for name, part in zip(NAMES, found, strict=True)}
    return figures


def tell(epoch: Epoch) -> None:
    """Every tenth epoch, for the reader who waits."""
    if epoch.number % 10 == 0:
        print(f"  epoch {epoch.number}: loss {epoch.loss:.3f}, still blind {epoch.edited_error:.0%}", flush=True)


NAMES = ("before", "after", "null")


def points_of(space: Any, names: Sequence[str]) -> np.ndarray:
    """Rows of the grid at which exactly some of the named factors change."""
    levels = space.point(np.arange(space.n_points))
    own = np.isin(space.names, [f"other-{name}" for name in names])
    return np.flatnonzero((levels[:, own] > 0).any(axis=1) & (levels[:, ~own] == 0).all(axis=1))


def other(scene: TrafficFactors, name: str) -> TrafficFactors:
    """The scene with the next value of one factor."""
    values = next(factor.values for factor in FACTORS if factor.name == name)
    return vary(scene, **{name: values[(values.index(getattr(scene, name)) + 1) % len(values)]})


def drawn(scenes: Sequence[TrafficFactors]) -> list[Image.Image]:
    """Scenes as pictures."""
    return [Image.fromarray(pixels.transpose(1, 2, 0)) for pixels in render_traffic(scenes)]


def vectors(encoder: TowerEncoder, pictures: Sequence[Image.Image]) -> torch.Tensor:
    """Of pictures, (N, F)."""
    inputs = torch.stack([encoder.prepare(picture) for picture in pictures])
    features: torch.Tensor = encoder(inputs).features.cpu()
    return features


def told(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Similarities row by row."""
    return (one * other).sum(dim=1)


def must_show(method: str, found: list[dict[str, Any]]) -> list[Row]:
    """Rows of one method; shares are means over the seeds."""
    rows = []
    for kind, said in (("blind", "threshold fixed"), ("again", "threshold at the same quantile")):
        share = {
            (when, group): np.mean([[figure[when][kind][name] for name in KINDS[group]] for figure in found])
            for when in NAMES
            for group in KINDS
        }
        gone = 1 - share["after", "erased"] / share["before", "erased"]
        by_chance = 1 - share["null", "erased"] / share["before", "erased"]
        moved = max(
            abs(figure["after"][kind][name] - figure["before"][kind][name])
            for figure in found
            for name in KINDS["hidden"]
        )
        rows += [
            Row(f"{method}, {said}: blind pairs of erased factors gone, share", gone, 0.5),
            Row(f"{method}, {said}: the same of the null", by_chance, gone - 0.5, at_most=True),
            Row(f"{method}, {said}: hidden factors, largest change [points]", 100 * moved, 1.0, at_most=True),
        ]
    lost = [
        np.mean([figure["before"]["seen"][name] - figure["after"]["seen"][name] for name in SEEN]) for figure in found
    ]
    return [*rows, Row(f"{method}: zero-shot accuracy lost [points]", 100 * float(np.mean(lost)), 0.5, at_most=True)]


def text(*looked: Looked) -> str:
    """A line for the reader who waits: before, after, null."""
    kinds = {kind: [np.mean([one.blind[name] for name in names]) for one in looked] for kind, names in KINDS.items()}
    kinds["zero-shot"] = [np.mean(list(one.seen.values())) for one in looked]
    return "; ".join(f"{kind} {' → '.join(f'{share:.1%}' for share in shares)}" for kind, shares in kinds.items())


if __name__ == "__main__":
    sys.exit(main())
