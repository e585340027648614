"""Does failscape still do what it did? Seeded runs through the command line, beside pins of an earlier version.

``python -m benchmarks.pinned --write`` makes the runs and writes pins; without it, the runs are made again and
compared.
On the processor and versions that wrote the pins everything must be equal; elsewhere last bits differ, and choices with
them, so only the toy's exact integers are compared there.
"""

from __future__ import annotations

import gzip
import html
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

import failscape as fs
from benchmarks.common import Row, finish, machine, parser

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "tests" / "pins"
DIGITS = 4  # of floats

TOY, SIGNS, REPORTS = "failscape/Toy-v0", "failscape/Classifier-v0", "failscape/Summarizer-v0"
STREET = ["--data", "street:?n=400"]
FEW = ["--data", "reports:?n=120"]
RANDOM = ["--algo", "random"]


class Pin(NamedTuple):
    """A seeded exploration."""

    name: str
    arguments: list[str]
    after: tuple[str, ...] = ()  # commands of failscape on its folder


RUNS = [
    *(
        Pin(f"toy-{algo}-{seed}", ["--env", TOY, "--algo", algo, "--budget", "600", "--seed", str(seed)])
        for algo in ("dqn", "random", "ucb1", "thompson", "bayes", "a2c", "fsrl-epsilon")
        for seed in (0, 1)
    ),
    Pin("toy-micro", ["--env", TOY, "--explore", "micro", "--budget", "400"]),
    Pin("toy-factored", ["--env", TOY, "--explore", "factored", "--budget", "400"]),
    Pin("toy-fsrl", ["--env", TOY, "--explore", "fsrl", "--budget", "400"]),
    Pin("signs-dqn", ["--env", SIGNS, *STREET, "--budget", "1500"], ("show {run} 7", "landscape {run}", "audit {run}")),
    Pin("signs-factored", ["--env", SIGNS, *STREET, "--explore", "factored", "--budget", "800"]),
    Pin("signs-micro", ["--env", SIGNS, *STREET, "--explore", "micro", "--budget", "800"], ("show {run} 3",)),
    Pin("signs-fsrl", ["--env", SIGNS, *STREET, "--explore", "fsrl", "--budget", "600"]),
    Pin(
        "signs-class", ["--env", SIGNS, *STREET, "--concepts", "class", "darken", "--algo", "random", "--budget", "900"]
    ),
    Pin("signs-range", ["--env", SIGNS, *STREET, "--concepts", "darken=0..0.8", "rotation", "--budget", "900"]),
    Pin(
        "reports-random",
        ["--env", REPORTS, *FEW, "--algo", "random", "--budget", "500"],
        ("show {run} 5", "audit {run}"),
    ),
    Pin("reports-dqn", ["--env", REPORTS, *FEW, "--budget", "400"]),
    Pin("reports-pairs", ["--env", REPORTS, *FEW, "--explore", "factored", "--budget", "300"]),
    Pin("reports-micro", ["--env", REPORTS, *FEW, "--explore", "micro", "--budget", "200"], ("show {run} 2",)),
    Pin(
        "reports-topic",
        ["--env", REPORTS, *FEW, "--concepts", "lower-case", "negate", "topic", *RANDOM, "--budget", "300"],
    ),
]
LEFT_OUT = {"time"}


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--write", action="store_true", help="write the pins instead of comparing with them")
    arguments.add_argument("--pins", type=Path, default=PINS)
    arguments.add_argument("--only", default="", help="beginning of the names of the runs")
    args = arguments.parse_args(argv)
    chosen = [pin for pin in RUNS if pin.name.startswith(args.only)]
    if args.write:
        args.pins.mkdir(parents=True, exist_ok=True)
        for pin in chosen:
            write(args.pins / f"{pin.name}.json.gz", make(pin))
        (args.pins / "machine.json").write_text(json.dumps(machine(), indent=1) + "\n")
        return 0
    differing = [pin.name for pin in chosen if not told(pin.name, make(pin), read(args.pins / f"{pin.name}.json.gz"))]
    rows = [Row("pinned runs that are equal (share)", 1 - len(differing) / len(chosen), 1.0)]
    return finish(args.json, rows, {"differing": differing, "runs": len(chosen)})


def make(pin: Pin) -> dict[str, Any]:
    """What a run prints, writes and records, without clock and paths."""
    with tempfile.TemporaryDirectory() as folder:
        printed = call(["train.py", *pin.arguments, "--out", folder])
        run = next(Path(folder).glob("*/config.yml")).parent
        text = {"terminal": masked(printed, run), "report": masked(visible(run / "report.html"), run)}
        for command in pin.after:
            words = command.format(run=run).split()
            text[words[0]] = masked(call(["-m", "failscape.cli", *words]), run)
        probes = fs.Run(run).probes()
        return {"summary": rounded(json.loads((run / "summary.json").read_text())), "probes": table(probes), **text}


def call(words: list[str]) -> str:
    """What a command prints; one thread, for the last bits."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), f"{words}: {done.stderr}"
    return done.stdout


def masked(text: str, run: Path) -> str:
    """Text without paths, versions and what the clock says."""
    text = text.replace(str(run.parent), "OUT")
    text = re.sub(r"needs about [^.\n]*? on", "needs about TIME on", text)
    text = re.sub(r"failscape \d\S*", "failscape VERSION", text)
    text = re.sub(r"(?m)^[a-z][^:\n]*: [\d,]+ of [\d,]+.*\n", "", text)  # steps: told as often as there is time for
    return re.sub(r"\d{4}-\d{2}-\d{2}[T ]?[\d:]*", "DATE", text)


def visible(path: Path) -> str:
    """What a page says, without its scripts and charts."""
    page = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", path.read_text(encoding="utf-8"))
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))).strip()


def table(probes: pd.DataFrame) -> dict[str, list[Any]]:
    """Columns of the probes; floats rounded."""
    kept = probes.drop(columns=list(LEFT_OUT & set(probes)))
    return {str(name): rounded(column.tolist()) for name, column in sorted(kept.items())}


def rounded(value: Any) -> Any:
    """Plain values with floats of four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{DIGITS}g}")
    return value


def told(name: str, found: dict[str, Any], known: dict[str, Any]) -> bool:
    """Whether a run is as it was; what differs is printed."""
    different = [key for key in sorted({*found, *known}) if found.get(key) != known.get(key)]
    print(f"{name}: {'equal' if not different else 'differs'}")
    for key in different:
        print("   ", key, difference(known.get(key), found.get(key)))
    return not different


def difference(before: Any, after: Any, where: str = "") -> str:
    """Where two values first differ, and how."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                return difference(before.get(key), after.get(key), f"{where}.{key}")
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        i = next(i for i, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
        return difference(before[i], after[i], f"{where}[{i}]")
    if isinstance(before, str) and isinstance(after, str):
        i = next(
            (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
        )
        return f"{where} at {i}: {before[max(0, i - 60) : i + 60]!r} -> {after[max(0, i - 60) : i + 60]!r}"
    return f"{where}: {str(before)[:120]} -> {str(after)[:120]}"


def write(path: Path, found: dict[str, Any]) -> None:
    """The same bytes for the same content."""
    path.write_bytes(gzip.compress(json.dumps(found, sort_keys=True).encode(), mtime=0))


def read(path: Path) -> dict[str, Any]:
    """What :func:`write` wrote."""
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found


if __name__ == "__main__":
    sys.exit(main())
