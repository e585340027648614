"""Is bias found early, and only where it is? Are rates right that an erring judge counted? By simulation.

No image is made: judged values are drawn by numpy from shares that are known. Seeds are 0 to 4, one per part, and
2,000 simulations stand behind each figure unless ``--simulations`` says otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Row, finish, parser
from benchmarks.people import people
from failscape.analysis.statistics.bias import JUDGE_DOUBT, distances, judged_null, parity, smallest_visible
from failscape.analysis.statistics.e_values import Null, e_benjamini_hochberg, log_e_values
from failscape.analysis.statistics.judge_error import Confusion, corrected_rates
from failscape.analysis.statistics.multiple_testing import LEVEL

PARITY = parity(2)
BIASED, LOOKS = 0.7, 1000
PROMPTS, N_BIASED, MOST_IMAGES = 100, 20, 200
LABELLED, MISREAD = 200, 0.1  # images of a labelled sample, and how often value 0 is read as 1, but never 1 as 0
ERRORS = (0.05, 0.1, 0.2)
RATES, LABELS, JUDGED = (0.02, 0.1, 0.3, 0.5, 0.9), (100, 500), (60, 2000)
TOLERANCE = 2.0  # points of coverage, either way


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--simulations", type=int, default=2000)
    arguments.add_argument("--answers", type=Path, default=Path("../shared/real/answers"), help="people's own answers")
    args = arguments.parse_args(argv)
    rows: list[Row] = []
    figures: dict[str, Any] = {"simulations": args.simulations, "people": people(args.answers)}
    for seed, part in enumerate((one_prompt, many_prompts, erring_judge, plain_distances, coverage)):
        figures[part.__name__], found = part(args.simulations, seed)
        rows += found
        print(f"{part.__name__}: {figures[part.__name__]}", flush=True)
    return finish(args.json, rows, figures)


def table(null: Null, n: int) -> np.ndarray:
    """Logarithms of e-values by number of images and how many of them have value 1, ``(n + 1, n + 1)``."""
    images, ones = np.tril_indices(n + 1)
    found = np.full((n + 1, n + 1), np.nan)
    found[images, ones] = log_e_values(np.stack([images - ones, ones], axis=-1), null)
    return found


def looks(rng: np.random.Generator, share: float, null: np.ndarray, runs: int) -> np.ndarray:
    """Logarithms of e-values at each look, ``(runs, n)``."""
    n = len(null) - 1
    ones = (rng.random((runs, n)) < share).cumsum(axis=1)
    return null[np.arange(1, n + 1), ones]


def first(log_e: np.ndarray, level: float) -> np.ndarray:
    """The look at which each run is found, ``(runs,)``; infinite where it never is."""
    found = log_e >= -np.log(level)
    return np.where(found.any(axis=1), found.argmax(axis=1) + 1.0, np.inf)


def one_prompt(runs: int, seed: int) -> tuple[dict[str, Any], list[Row]]:
    """A prompt at 70/30 and a fair one, which both are looked at after every image."""
    rng, null = np.random.default_rng(seed), table(judged_null(PARITY), LOOKS)
    biased, fair = (first(looks(rng, share, null, runs), LEVEL) for share in (BIASED, 0.5))
    found = {
        "median": float(np.median(biased)),
        "p90": float(np.quantile(biased, 0.9, method="higher")),
        "fair, ever flagged": float(np.isfinite(fair).mean()),
    }
    rows = [
        Row("one prompt at 70/30: median images until found", found["median"], 60, at_most=True),
        Row(f"fair prompt: ever flagged in {LOOKS:,} looks", found["fair, ever flagged"], LEVEL, at_most=True),
    ]
    return found, rows


def many_prompts(runs: int, seed: int) -> tuple[dict[str, Any], list[Row]]:
    """A hundred prompts under e-BH, looked at after each round of an image for all; e-values are kept once rejected."""
    rng, null = np.random.default_rng(seed), table(judged_null(PARITY), MOST_IMAGES)
    found, rows = {}, []
    for n_biased in (N_BIASED, 1, 0):
        images, proportions = [], []
        for _ in range(runs):
            shares = np.where(np.arange(PROMPTS) < n_biased, BIASED, 0.5)
            log_e = looks(rng, shares[:, None], null, PROMPTS)
            when = rejected_at(log_e, LEVEL)
            flagged = np.isfinite(when)
            images.append(when[:n_biased])
            proportions.append(flagged[n_biased:].sum() / max(flagged.sum(), 1))
        key = f"{n_biased} of {PROMPTS} biased"
        found[f"{key}: FDR"] = float(np.mean(proportions))
        rows.append(Row(f"{key}: false discovery rate", found[f"{key}: FDR"], LEVEL, at_most=True))
        if n_biased:
            every = np.concatenate(images)
            found[f"{key}: median"] = float(np.median(every))
            found[f"{key}: p90"] = float(np.quantile(every, 0.9, method="higher"))
        if n_biased == N_BIASED:
            rows.append(Row(f"{key}: median images of a biased prompt", found[f"{key}: median"], 110, at_most=True))
    return found, rows


def rejected_at(log_e: np.ndarray, level: float) -> np.ndarray:
    """The look at which e-BH rejects each prompt, ``(P, n) -> (P,)``; infinite where it never does.

    As many rounds as it takes: prompts that are rejected keep their e-value.
    """
    when, kept = np.full(len(log_e), np.inf), log_e.copy()
    # Nothing is rejected at a look where no e-value reaches what the least demanding rank asks.
    for look in np.flatnonzero((log_e >= -np.log(level)).any(axis=0)).tolist():
        held = np.where(np.isfinite(when), kept[:, -1], kept[:, look])
        new = e_benjamini_hochberg(held, level) & np.isinf(when)
        when[new], kept[new, -1] = look + 1, held[new]
    return when


def erring_judge(runs: int, seed: int) -> tuple[dict[str, Any], list[Row]]:
    """A judge that reads value 0 as 1 at times: fair prompts, tested as if it did not, and with a widened null."""
    rng = np.random.default_rng(seed)
    level = LEVEL - JUDGE_DOUBT
    flagged, unwidened, distance, biased = [], [], [], []
    plain, tables = table(judged_null(PARITY), LOOKS), {}
    for _ in range(runs):
        wrong = int(rng.binomial(LABELLED // 2, MISREAD))
        labelled = Confusion(np.array([[LABELLED // 2 - wrong, wrong], [0, LABELLED // 2]]), np.zeros(2, np.int64))
        if wrong not in tables:
            tables[wrong] = table(judged_null(PARITY, labelled), LOOKS)
        ones = (rng.random((2, LOOKS)) < np.array([[0.5], [BIASED]]) * (1 - MISREAD) + MISREAD).cumsum(axis=1)
        at = np.arange(1, LOOKS + 1)
        flagged.append(first(tables[wrong][at, ones[:1]], level)[0])
        biased.append(first(tables[wrong][at, ones[1:]], level)[0])
        unwidened.append(first(plain[at, ones[:1]], LEVEL)[0])
        counts = np.array([[60 - ones[0, 59], ones[0, 59]]])
        distance.append((distances(counts, PARITY).distance[0], distances(counts, PARITY, labelled).distance[0]))
    found = {
        "fair, ever flagged": float(np.isfinite(flagged).mean()),
        "fair, ever flagged without widening": float(np.isfinite(unwidened).mean()),
        "70/30, found": float(np.isfinite(biased).mean()),
        "70/30, median": float(np.median(biased)),
        "fair, mean distance at 60 images": dict(
            zip(("uncorrected", "corrected"), np.mean(distance, axis=0).tolist(), strict=True)
        ),
    }
    name = f"fair prompt, judge errs on {100 * MISREAD:g} % of one value: ever flagged in {LOOKS:,} looks"
    return found, [Row(name, found["fair, ever flagged"], LEVEL, at_most=True)]


def plain_distances(runs: int, seed: int) -> tuple[dict[str, Any], list[Row]]:
    """Mean distances of a fair prompt and of one at 70/30, and the smallest distances that can be seen."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for n in (8, 32, 60):
        for share in (0.5, BIASED):
            ones = rng.binomial(n, share, runs)
            measured = distances(np.stack([n - ones, ones], axis=-1), PARITY)
            truth = share - 0.5
            found[f"share {share}, {n} images"] = {
                "raw": float(measured.raw.mean()),
                "debiased": float(measured.distance.mean()),
                "covered": float(((measured.low <= truth) & (truth <= measured.high)).mean()),
            }
        found[f"smallest seen, {n} images"] = {
            f"{prompts} prompts": smallest_visible(n, prompts, PARITY).hardest for prompts in (1, 10, 100)
        }
    return found, []


def coverage(runs: int, seed: int) -> tuple[dict[str, Any], list[Row]]:
    """Share of corrected intervals that hold the failure rate, half of the labelled items failing ones."""
    rng, found, rows = np.random.default_rng(seed), {}, []
    rates, judged = (grid.ravel() for grid in np.meshgrid(RATES, JUDGED, indexing="ij"))
    for error in ERRORS:
        counted = {}
        for labels in LABELS:
            inside = np.zeros(len(rates))
            for run in range(runs):
                failing = int(rng.binomial(labels, 0.5))
                wrong = rng.binomial([labels - failing, failing], error)
                right = [labels - failing, failing] - wrong
                labelled = Confusion(np.array([[right[0], wrong[0]], [wrong[1], right[1]]]), np.zeros(2, np.int64))
                failures = rng.binomial(judged, rates * (1 - error) + (1 - rates) * error)
                corrected = corrected_rates(failures, judged, labelled, seed=run)
                inside += (corrected.low <= rates) & (rates <= corrected.high)
            names = [f"{labels} labelled, {n} judged, rate {rate}" for rate, n in zip(rates, judged, strict=True)]
            counted |= dict(zip(names, (inside / runs).tolist(), strict=True))
        shares = 100 * np.array(list(counted.values()))
        found[f"error {error}"] = counted
        name = f"judge error {100 * error:g} %: |coverage - 95| [points]"
        rows.append(Row(f"{name}, pooled", abs(shares.mean() - 95), TOLERANCE, at_most=True))
        rows.append(Row(f"{name}, worst setting", np.abs(shares - 95).max(), TOLERANCE, at_most=True))
        print(f"judge error {error}: {shares.min():.1f} to {shares.max():.1f} % covered", flush=True)
    return found, rows


if __name__ == "__main__":
    sys.exit(main())
