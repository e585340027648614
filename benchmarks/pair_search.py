"""What is found of what an encoder does not see, by mining, by searching a corpus, and by searching edits.

``embedded:street-clip`` beside ``embedded:street-dino``; scenes and agents of five seeds.

- **Mining**: all pairs of ``--items`` scenes. Factors that were erased from the target, and hidden ones, must differ in
  blind pairs at least as often as in all pairs, those that it sees less often (exact test of disjoint pairs, Benjamini
  and Hochberg at 5 % over the factors). The null beside it is the same with the reference as target.
- **Corpus search**: of all pairs that the target takes for alike the reference is asked about ``--verdicts``. Verdicts
  by Thompson sampling over regions and bands of similarity beside those of the most similar pairs first, and of pairs
  in a random order: shares of verdicts that are blind pairs. It is not inferior where the 95 % interval of the paired
  difference over seeds lies above a tenth of the other's share less.
- **Edit search**: Thompson sampling over the grid, and the default explorer, beside random edits, at the same number of
  queries, each of them one embedding: different blind pairs per query, learning included. Which explorer counts was
  chosen by scenes of another seed (100). The default one asks half of its queries at random, for the landscape.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore
from failscape.analysis.pairs.differing import LESS
from failscape.data.pairs.regions import regions
from failscape.data.street.traffic import FACTORS
from failscape.envs.tasks.blind_pairs import BELOW, make_mdp
from failscape.targets.encoders.mining.mining import alike
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import cosines
from failscape.targets.encoders.mining.thresholds import threshold
from failscape.targets.encoders.mining.verdicts import ask_in_turn
from failscape.workflows.pair_vectors import PairVectors, pair_vectors
from failscape.workflows.pairs import PairSearch, find_pairs

TARGET, REFERENCE = "embedded:street-clip", "embedded:street-dino"
BLIND = [factor.name for factor in FACTORS if factor.kind in ("erased", "hidden")]
SEEN = [factor.name for factor in FACTORS if factor.kind == "seen"]
REGIONS = 8
INFERIOR = 0.1  # share of the other's share that may be lost


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--items", type=int, default=4000, help="scenes of a corpus")
    arguments.add_argument("--above", default="q0.999", help="threshold of the target, as in failscape pairs")
    arguments.add_argument("--verdicts", type=int, default=400)
    arguments.add_argument("--queries", type=int, default=4000, help="of each edit search")
    args = arguments.parse_args(argv)
    mined, null, corpus, edits = [], [], [], []
    for seed in range(args.seeds):
        data = f"street:traffic?n={args.items}&seed={seed}"
        with tempfile.TemporaryDirectory() as folder:
            vectors = pair_vectors(TARGET, REFERENCE, data, Path(folder), lambda *_: None, seed=seed)
            mined.append(differs(TARGET, REFERENCE, data, args.above, seed, Path(folder)))
            null.append(differs(REFERENCE, TARGET, data, args.above, seed, Path(folder)))
            corpus.append(searched(vectors, args.above, args.verdicts, seed))
        edits.append(edited(seed, args.queries))
        print(f"seed {seed}: {mined[-1]['verdicts']}; corpus {corpus[-1]}; edits {edits[-1]}", flush=True)
    rows = must_show(mined, corpus, edits)
    figures = {"seeds": args.seeds, "mined": mined, "reference as target": null, "corpus": corpus, "edits": edits}
    return finish(args.json, rows, figures)


def differs(target: str, reference: str, data: str, above: str, seed: int, folder: Path) -> dict[str, Any]:
    """What is said of each factor."""
    found = find_pairs(PairSearch(target, reference, data, above, BELOW, seed=seed), folder, lambda *_: None)
    return {
        "pairs": len(found.counted),
        "rates": {row.fact: [row.rate, row.random] for row in found.differing},
        "verdicts": {row.fact: row.verdict for row in found.differing},
    }


def searched(vectors: PairVectors, above: str, verdicts: int, seed: int) -> dict[str, float]:
    """Share of verdicts that are blind pairs, by the order in which they are asked for."""
    pairs = alike(vectors.target, threshold(above, vectors.target, "above", seed), Screen(vectors.target))
    of, below = np.asarray(vectors.target[np.arange(len(vectors.items))]), float(BELOW)
    region, _ = regions(of, np.ones(len(of), bool), REGIONS)

    def blind(rows: np.ndarray) -> float:
        said = cosines(vectors.reference, *(pairs[end].to_numpy()[rows] for end in ("first", "second")))
        return float((said < below).mean())

    found = ask_in_turn(pairs, region, lambda *ends: cosines(vectors.reference, *ends), below, verdicts, seed)
    drawn = np.random.default_rng(seed).permutation(len(pairs))[:verdicts]
    return {
        "candidates": len(pairs),
        "search": float((found["reference"] < below).mean()),
        "most similar first": blind(np.arange(min(verdicts, len(pairs)))),
        "random order": blind(drawn),
    }


def edited(seed: int, queries: int) -> dict[str, float]:
    """Different blind pairs per query by explorer."""
    mdp = make_mdp(data=f"street:traffic?n=1000&seed={seed}")
    found = {}
    for explorer in ("thompson", "dqn", "random"):
        probes, _ = explore(mdp, explorer, queries, seed)
        found[explorer] = len(probes[probes["failed"]].drop_duplicates(["item", "point"])) / queries
    return found


def must_show(mined: list[Any], corpus: list[Any], edits: list[Any]) -> list[Row]:
    """Rows that the issue names."""
    said = [figure["verdicts"] for figure in mined]
    unseen = sum(all(one.get(name) not in (None, LESS) for name in BLIND) for one in said)
    seen = sum(all(one.get(name) == LESS for name in SEEN) for one in said)
    lost = np.array([one["search"] - (1 - INFERIOR) * one["most similar first"] for one in corpus])
    n = len(lost)
    low = lost.mean() - student.ppf(0.975, n - 1) * lost.std(ddof=1) / np.sqrt(n) if n > 1 else float(lost.mean())
    times = np.mean([one["thompson"] for one in edits]) / np.mean([one["random"] for one in edits])
    return [
        Row("mining: seeds in which no erased or hidden factor differs less often", unseen, len(said)),
        Row("mining: seeds in which every seen factor differs less often", seen, len(said)),
        Row("corpus search less nine tenths of the most similar first, lower bound", float(low), 0.0),
        Row(
            "edit search, Thompson sampling: different blind pairs per query, times those of random edits",
            float(times),
            3.0,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
