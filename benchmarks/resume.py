"""Kill a run with SIGKILL at random moments, resume it, and compare it with one that was never disturbed.

Street signs through ``train.py``, in processes of its own. What another process sees committed before a kill must
still be there after it, and the summaries must be equal.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.common import Row, finish, parser
from failscape.errors import UsageError
from failscape.records.folder import RunFolder
from failscape.records.probes import ProbeStore

ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--kills-per-run", type=int, default=4)
    arguments.add_argument("--budget", type=int, default=8000)
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args(argv)
    rng = random.Random(args.seed)
    options = ["--budget", str(args.budget), "--max-items", "600", "--no-report", "--quiet"]
    kills = lost = differing = 0
    with tempfile.TemporaryDirectory() as folder:
        calm = Path(folder) / "calm"
        subprocess.run(command(calm, options), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        reference, n_probes = only_run(calm), count(calm)
        attempt = 0
        while kills < args.kills:
            out = Path(folder) / f"killed-{attempt}"
            attempt += 1
            n_kills = min(args.kills_per_run, args.kills - kills)
            for moment in sorted(rng.randrange(n_probes) for _ in range(n_kills)):
                seen, kept, died = kill_once(out, options, moment, rng.uniform(0, 0.5))
                kills += died
                lost += max(0, seen - kept)
                print(f"kill {kills}: {seen} of {n_probes} probes seen before, {kept} there after", flush=True)
            subprocess.run(command(out, options), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            differing += not same(reference, only_run(out))
    rows = [
        Row("kills survived without losing a committed probe", float(kills if not lost else 0), float(args.kills)),
        Row("runs equal to the undisturbed one (share)", 1 - differing / attempt, 1.0),
    ]
    return finish(
        args.json, rows, {"kills": kills, "runs": attempt, "lost": lost, "differing": differing, "seed": args.seed}
    )


def command(out: Path, options: list[str]) -> list[str]:
    """Start a run into ``out``, or resume the one that is there."""
    started = [config.parent for config in out.glob("*/config.yml")]
    where = ["--resume", str(started[0]), "--no-report", "--quiet"] if started else ["--out", str(out), *options]
    return [sys.executable, "train.py", *where]


def only_run(out: Path) -> RunFolder:
    """The one run folder in ``out``."""
    (config,) = out.glob("*/config.yml")
    return RunFolder(config.parent)


def kill_once(out: Path, options: list[str], moment: int, delay: float) -> tuple[int, int, bool]:
    """Kill a run some ``delay`` [s] after it has made ``moment`` probes.

    Returns the probes another process saw before the kill, those there after it, and whether it came before the end.
    """
    process = subprocess.Popen(command(out, options), cwd=ROOT, stdout=subprocess.DEVNULL)
    seen, end = 0, None
    while process.poll() is None and (end is None or time.monotonic() < end):
        seen = count(out)
        if end is None and seen > moment:
            end = time.monotonic() + delay
        time.sleep(0.002)
    died = process.poll() is None
    if died:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return seen, count(out), died


def count(out: Path) -> int:
    """Probes committed so far, as any reader sees them."""
    files = list(out.glob("*/probes.sqlite"))
    if not files:
        return 0
    try:
        store = ProbeStore(files[0], read_only=True)
        n = len(store)
        store.close()
    except (UsageError, sqlite3.Error):  # the table is being made at this moment
        return 0
    return n


def same(a: RunFolder, b: RunFolder) -> bool:
    """Whether two runs have the same summary and the same probes, but for the clock."""
    frames: list[pd.DataFrame] = []
    for folder in (a, b):
        store = folder.store()
        frames.append(store.frame().drop(columns="time"))
        store.close()
    return a.summary == b.summary and bool(a.summary) and frames[0].equals(frames[1])


if __name__ == "__main__":
    sys.exit(main())
