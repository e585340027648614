"""Mining of blind pairs: against brute force, against the machine's matrix product, and under SIGKILL.

Vectors are drawn around centres, so that some pairs are alike; copies and ties at the thresholds are put in. Seeds:
those of ``--seed`` and what is derived from it. Speed: the useful work of one encoder, ``N (N - 1) / 2`` products of
``d`` multiplications and additions, beside a float32 product of two matrices in the same process, as many threads.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.common import Row, finish, parser
from failscape.targets.encoders.mining.confounded import confounded
from failscape.targets.encoders.mining.mining import STRIPE, Thresholds, mine
from failscape.targets.encoders.mining.resumable import mine_into
from failscape.targets.encoders.mining.screen import PRECISIONS, faster_precision
from failscape.targets.encoders.mining.similarity import cosines

BOUNDS = Thresholds(0.9, 0.5, 0.98)
LARGE = (200_000, 768)
N_KILLED = 30_000
CHILD = "import sys; from benchmarks.pairs import measure; measure(sys.argv[1])"
VICTIM = "import sys; from benchmarks.pairs import die; die(sys.argv[1], sys.argv[2], float(sys.argv[3]))"


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--items", type=int, default=5000, help="that are compared with brute force")
    arguments.add_argument("--large", type=int, default=LARGE[0], help="items of the measurement of speed")
    arguments.add_argument("--kills", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args(argv)
    equal = {precision: against_brute_force(args.items, args.seed, precision) for precision in PRECISIONS}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        killed = under_sigkill(folder / "killed", args.kills, args.seed)
        speed = large(folder / "large", args.large, LARGE[1], args.seed)
    rows = [
        Row(f"{args.items} items equal brute force, {precision} (share of three tables)", share, 1.0)
        for precision, share in equal.items()
    ]
    rows += [
        Row("results equal after SIGKILL (share)", killed["equal"], 1.0),
        Row("useful rate ÷ float32 matrix product", speed["rate"] / speed["product"], 0.8),
        Row("peak resident memory beyond the input [GB]", speed["beyond"], 2.0, True),
    ]
    return finish(args.json, rows, {"equal": equal, "killed": killed, "speed": speed, "seed": args.seed})


def drawn(n: int, n_features: int, seed: int, spread: float, n_centres: int) -> np.ndarray:
    """``(n, n_features)`` float32 around centres."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_centres, n_features), np.float32)
    found = spread * rng.standard_normal((n, n_features), np.float32)
    found += centres[rng.integers(n_centres, size=n)]
    return found


def with_ties(vectors: np.ndarray, seed: int) -> np.ndarray:
    """With copies, multiples, and pairs whose cosine is that of the thresholds, as exactly as float32 allows."""
    rng, found = np.random.default_rng(seed), vectors.copy()
    rows = rng.permutation(len(found))
    for k, cosine in enumerate((BOUNDS.target, BOUNDS.reference, BOUNDS.same, 1.0)):
        for one, other in rows[k * 100 : (k + 1) * 100].reshape(-1, 2).tolist():
            found[[one, other]] = 0
            found[one, 0], found[other, 0], found[other, 1] = 1, cosine, np.sqrt(1 - cosine**2)
    return found


def against_brute_force(n: int, seed: int, precision: str) -> float:
    """The share of three tables, blind pairs, near-duplicates and confounded pairs, that equal those of brute force."""
    target = with_ties(drawn(n, 64, seed, 0.3, n // 20), seed)
    reference = with_ties(drawn(n, 48, seed + 1, 0.4, n // 20), seed)
    first, second = np.triu_indices(n, 1)
    of_target, of_reference = cosines(target, first, second), cosines(reference, first, second)
    found = mine(target, reference, BOUNDS, precision=precision, stripe=1024)
    blind = (of_target > BOUNDS.target) & (of_reference < BOUNDS.reference)
    same = (of_target > BOUNDS.same) & (of_reference > BOUNDS.same)
    right = [
        _equal(table, first[kept], second[kept], of_target[kept], of_reference[kept])
        for table, kept in ((found.blind, blind), (found.same, same))
    ]
    captions = (target + drawn(n, 64, seed + 2, 1.0, 2)).astype(np.float32)
    own = cosines(target, np.arange(n), np.arange(n), captions)
    gaps = (
        cosines(target, first, second, captions) - own[first],
        cosines(target, second, first, captions) - own[second],
    )
    kept = (gaps[0] > 0) & (gaps[1] > 0)
    table = confounded(target, captions, precision=precision, stripe=1024)
    right.append(_equal(table, first[kept], second[kept], gaps[0][kept], gaps[1][kept]))
    counts = f"{blind.sum():,} blind, {same.sum():,} near-duplicates, {kept.sum():,} confounded"
    print(f"{precision}: {counts}; {right}", flush=True)
    return float(np.mean(right))


def _equal(table: pd.DataFrame, *columns: np.ndarray) -> bool:
    return all(np.array_equal(table[name].to_numpy(), column) for name, column in zip(table, columns, strict=True))


def die(folder: str, name: str, after: float) -> None:
    """Mine into a folder, and be killed so many seconds after the search began."""
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
    fill(folder, name)
    timer.cancel()


def fill(folder: str, name: str) -> None:
    """Mine into a folder."""
    vectors = [np.load(Path(folder) / f"{which}.npy") for which in ("target", "reference")]
    mine_into(Path(folder) / name, *vectors, BOUNDS, {}, stripe=2048)


def under_sigkill(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kills a search at random moments until it ends; the share of searches that end with the undisturbed pairs."""
    folder.mkdir()
    np.save(folder / "target.npy", drawn(N_KILLED, 64, seed, 0.3, 1500))
    np.save(folder / "reference.npy", drawn(N_KILLED, 48, seed + 1, 0.4, 1500))
    start = time.monotonic()
    fill(str(folder), "whole")
    whole, rng, n_killed, equal = time.monotonic() - start, random.Random(seed), 0, []
    for number in range(kills):
        name = f"again-{number}"
        for _ in range(2):
            after = str(rng.random() * whole)
            killed = subprocess.run([sys.executable, "-c", VICTIM, str(folder), name, after], check=False)
            n_killed += killed.returncode == -signal.SIGKILL
        fill(str(folder), name)
        equal.append(_contents(folder / name) == _contents(folder / "whole"))
    print(f"{n_killed} kills; {sum(equal)} of {kills} searches equal", flush=True)
    return {"equal": float(np.mean(equal)), "kills": n_killed}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def large(folder: Path, n: int, n_features: int, seed: int) -> dict[str, Any]:
    """Speed and memory of a large corpus, in a process of its own."""
    folder.mkdir()
    np.save(folder / "target.npy", drawn(n, n_features, seed, 0.3, n // 50))
    np.save(folder / "reference.npy", drawn(n, 64, seed + 1, 1.0, n // 50))
    done = subprocess.run([sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{n} x {n_features}: {found}", flush=True)
    return found


def measure(folder: str) -> None:
    """Mine what lies in a folder, and print seconds, rates [FLOP/s] and memory [GB]."""
    empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    product = _product()
    target, reference = (np.load(Path(folder) / f"{which}.npy", mmap_mode="r") for which in ("target", "reference"))
    n, n_features = target.shape
    start = time.perf_counter()
    found = mine(target, reference, Thresholds(0.93, 0.5, 0.98))
    seconds = time.perf_counter() - start
    rate = n * (n - 1) / 2 * 2 * n_features / seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "seconds": seconds,
        "rate": rate,
        "product": product,
        "precision": faster_precision(torch.device("cpu")),
        "threads": torch.get_num_threads(),
        "pairs": len(found.blind),
        "peak": peak / 1e6,
        "before": empty / 1e6,
        "beyond": peak / 1e6 - (target.nbytes + reference.nbytes) / 1e9,
    }
    print(json.dumps(figures))


def _product(times: int = 5) -> float:
    """Floating-point operations per second of a float32 product, the best of several."""
    one, other = torch.randn(STRIPE, LARGE[1]), torch.randn(LARGE[1], STRIPE)
    out, best = torch.empty(STRIPE, STRIPE), float("inf")
    for _ in range(times):
        start = time.perf_counter()
        torch.mm(one, other, out=out)
        best = min(best, time.perf_counter() - start)
    return 2 * STRIPE * STRIPE * LARGE[1] / best


if __name__ == "__main__":
    raise SystemExit(main())
