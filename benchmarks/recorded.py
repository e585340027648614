"""Recorded answers: the map against pandas, modes that are there and that are not, how long a large table takes.

The line crossings of BlindTest (answers of four public models to drawn pictures) are looked for in ``--answers``.
"""

from __future__ import annotations

import contextlib
import io
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.common import Row, finish, parser
from failscape.cli import main as failscape
from failscape.workflows.run import Run

CONCEPTS = ["count", "linewidth", "pixels", "prompt"]
ITEMS, PER_ITEM = 120, 12
CORRELATION = 0.27  # of two rows of one item: a design effect of 4
RATES = (0.1, 0.4, 0.85)
MANY = 200_000


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--answers", type=Path, default=Path("../shared/real/answers"))
    arguments.add_argument("--tables", type=int, default=100, help="null tables at each rate")
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args(argv)
    rng = np.random.default_rng(args.seed)
    rows: list[Row] = []
    figures: dict[str, Any] = {"seed": args.seed}
    lines = args.answers / "blindtest_lineintersection.csv"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if lines.exists():
            figures["line crossings"] = found = crossings(lines, folder)
            rows.append(Row("largest difference from pandas, over all points", found["largest_difference"], 0.0, True))
            rows.append(Row("failure modes of gpt-4o confirmed on held-out drawings", found["confirmed"], 2))
            rows.append(Row("models compared in one report", found["models"], 4))
        figures["large table"] = large = large_table(rng, folder)
        rows.append(Row(f"seconds from command to report, {MANY:,} rows", large["seconds"], 60, True))
    figures["null tables"] = null = null_tables(rng, args.tables)
    rows.append(Row("null tables (design effect 4) with a mode, worst rate", max(null.values()), 0.05, True))
    figures["planted"] = planted = planted_tables(rng, 20)
    rows.append(Row("planted modes found by their exact rule", planted, 0.8))
    return finish(args.json, rows, figures)


def quietly(command: list[str]) -> str:
    """Run a command; returns what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if failscape(command):
            raise RuntimeError(f"failscape {' '.join(command)} failed")
    return printed.getvalue()


def crossings(table: Path, folder: Path) -> dict[str, Any]:
    """The run of gpt-4o beside pandas, and all models side by side."""
    data = f"{table}?failed=correct:0&item=drawing,count"
    run = ["train", "--env", "failscape/Recorded-v0", "--data", data, "--concepts", *CONCEPTS, "--quiet"]
    quietly([*run, "--compare", "model", "--out", str(folder / "lines")])
    found = Run(folder / "lines" / "recorded-gpt-4o-0")
    frame = pd.read_csv(table).query("model == 'gpt-4o'").assign(failed=lambda rows: rows["correct"] == 0)
    wanted = frame.groupby(CONCEPTS)["failed"].mean().to_numpy()
    mapped = found.landscape().table["smoothed"].to_numpy()
    page = (folder / "lines" / "compare.html").read_text()
    return {
        "largest_difference": float(np.abs(mapped - wanted).max()),
        "by_count": frame.groupby("count")["failed"].mean().round(4).to_dict(),
        "by_prompt": frame.groupby("prompt")["failed"].mean().round(4).to_dict(),
        "modes": [
            {"name": m.name, "seen": m.seen_rate, "held_out": m.rate, "elsewhere": m.elsewhere}
            for m in found.found_modes()
        ],
        "confirmed": sum(bool(mode.confirmed) for mode in found.found_modes()),
        "models": sum(name in page for name in ("gpt-4o", "gemini-1.5-pro", "sonnet-3", "sonnet-3.5")),
    }


def large_table(rng: np.random.Generator, folder: Path) -> dict[str, float]:
    """A table of 200,000 rows, from the command to the report."""
    item = np.arange(MANY) // 4
    frame = pd.DataFrame(
        {
            "question": item,
            "topic": rng.choice([f"topic {k}" for k in range(10)], MANY),
            "length": rng.lognormal(4, 1, MANY).round(1),
            "shots": rng.choice([0, 1, 5], MANY),
            "language": rng.choice(["de", "en", "fr", "ja"], MANY),
        }
    )
    chance = 0.2 + 0.3 * (frame["topic"] == "topic 3") + rng.normal(0, 0.1, item.max() + 1)[item]
    frame["correct"] = (rng.random(MANY) >= chance).astype(int)
    path = folder / "large.csv"
    frame.to_csv(path, index=False)
    started, used = time.perf_counter(), cpu_seconds()
    data = f"{path}?failed=correct:0&item=question"
    concepts = ["topic", "length", "shots", "language"]
    command = ["train", "--env", "failscape/Recorded-v0", "--data", data, "--concepts", *concepts, "--quiet"]
    quietly([*command, "--out", str(folder / "large")])
    return {"seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds() - used}


def cpu_seconds() -> float:
    """That this process has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def null_tables(rng: np.random.Generator, n: int) -> dict[str, float]:
    """Share of tables without a mode in which one is found, by the rate of failure."""
    from tests.support.recorded_tables import correlated, modes_of, space

    found = {}
    for rate in RATES:
        hits = 0
        for _ in range(n):
            item, point = layout(rng)
            hits += bool(modes_of(item, correlated(rng, item, np.full(len(item), rate), CORRELATION), point))
        found[f"{rate:g}"] = hits / n
    assert space().n_points == 36
    return found


def layout(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Items and points of a table like the line crossings: one axis between items, three within."""
    item, k = np.repeat(np.arange(ITEMS), PER_ITEM), np.tile(np.arange(PER_ITEM), ITEMS)
    return item, np.ravel_multi_index([item % 3, k % 2, k // 2 % 3, k // 6], (3, 2, 3, 2))


def planted_tables(rng: np.random.Generator, n: int) -> float:
    """Share of tables whose planted box is the first mode, by its exact rule."""
    from tests.support.recorded_tables import correlated, modes_of, space

    hits = 0
    for _ in range(n):
        item, point = layout(rng)
        levels = space().point(point)
        inside = (levels[:, 0] == 1) & (levels[:, 3] == 0)
        modes = modes_of(item, correlated(rng, item, np.where(inside, 0.7, 0.25), CORRELATION), point)
        box = np.flatnonzero((space().grid()[:, 0] == 1) & (space().grid()[:, 3] == 0))
        hits += bool(modes) and np.array_equal(modes[0].points, box)
    return hits / n


if __name__ == "__main__":
    sys.exit(main())
