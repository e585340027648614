"""The probe store: exact, idempotent, and durable at any moment of a kill."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from failscape.envs.recording import recorded_steps
from failscape.errors import UsageError
from failscape.records.probes import COLUMNS, LISTS, ProbeStore


def rows(step: int, n: int = 4, **changed: Any) -> dict[str, Any]:
    """One step of ``n`` probes."""
    rng = np.random.default_rng(step)
    return {
        "step": [step] * n,
        "slot": range(n),
        "item": rng.integers(5, size=n),
        "point": rng.integers(6, size=n),
        "levels": [(a, b) for a, b in rng.integers(3, size=(n, 2)).tolist()],
        "strengths": [(a, None) for a in rng.integers(3, size=n).tolist()],
        "moves": [1] * n,
        "path": [()] * n,
        "extra": [{"n": 1}] * n,
        "propensity": rng.random(n),
        "failed": rng.integers(2, size=n),
        "severity": rng.random(n, np.float32),
        "reward": rng.standard_normal(n, np.float32),
        "predicted": rng.integers(10, size=n),
        "confidence": rng.random(n, np.float32),
        "score": rng.random(n, np.float32),
        "output_text": ["wrote"] * n,
        "input_truncated": [0] * n,
        "cached": rng.integers(2, size=n),
        "seed": [7] * n,
        "time": rng.random(n),
        **changed,
    }


ITEMS = {
    "item": range(5),
    "name": ["a/1.png", "b/ü.png", "c/,.png", 'd/".png', "e.png"],
    "group": [0, 1, 2, 3, 4],
    "held_out": [0, 1, 0, 1, 0],
    "predicted": [0, 0, 2, 3, 4],
    "failed": [0, 1, 0, 0, 0],
    "score": np.linspace(0, 1, 5, dtype=np.float32),
    "output_text": [None] * 5,
    "cluster": [None] * 5,
    "unit": [None] * 5,
    "home": [None] * 5,
}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = ProbeStore(tmp_path / "probes.sqlite")
    yield store
    store.close()


def test_what_was_appended_comes_back_in_order(store: ProbeStore) -> None:
    store.set_items(ITEMS)
    for step in (0, 1, 2):
        store.append(rows(step))
    frame = store.frame()
    assert len(store) == len(frame) == 12 and store.n_steps == 3
    assert frame.columns.tolist() == [*COLUMNS, "name", "group", "held_out"]
    assert frame.index.tolist() == list(range(12))
    for name in COLUMNS:
        expected = [value for step in range(3) for value in rows(step)[name]]
        assert frame[name].tolist() == expected, name
    assert frame["name"].tolist() == [ITEMS["name"][item] for item in frame["item"]]
    assert [frame[flag].dtype for flag in ("failed", "cached")] == [bool, bool]


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(columns=arrays(np.float32, (4, 8), elements=FLOATS))
@settings(max_examples=20, deadline=None)
def test_float32_survives_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, columns: np.ndarray) -> None:
    store = ProbeStore(tmp_path_factory.mktemp("exact") / "probes.sqlite")
    names = ("severity", "reward", "confidence", "score")
    store.append(rows(0, 8, **dict(zip(names, columns, strict=True))))
    (_, _, outcome, _) = next(recorded_steps(store))
    store.close()
    for name, column in zip(names, columns, strict=True):
        found = getattr(outcome, name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, column)


def test_an_unknown_propensity_is_nan(store: ProbeStore) -> None:
    store.append(rows(0, propensity=[None] * 4))
    assert store.frame()["propensity"].isna().all() and store.frame()["propensity"].dtype == float
    store.append(rows(1, propensity=np.array([0.5, np.nan, 0.25, 1])))
    np.testing.assert_array_equal(store.frame()["propensity"][4:], [0.5, np.nan, 0.25, 1])


def test_appending_a_step_again_changes_nothing(store: ProbeStore) -> None:
    store.append(rows(0))
    store.append(rows(1))
    before = store.frame()
    store.append(rows(0))
    store.set_items(ITEMS), store.set_items(ITEMS)
    pd.testing.assert_frame_equal(store.frame()[list(COLUMNS)], before[list(COLUMNS)], check_exact=True)
    assert len(store.items()) == 5


def test_a_step_is_committed_whole_or_not_at_all(store: ProbeStore) -> None:
    store.append(rows(0))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        store.append(rows(1, slot=range(3)))
    with pytest.raises(UsageError, match=r"cannot write .*probes\.sqlite"):
        store.append(rows(1, item=[0, 1, 2, object()]))
    with pytest.raises(KeyError):
        store.append({name: column for name, column in rows(1).items() if name != "score"})
    assert len(store) == 4 and store.n_steps == 1


def test_items_come_back_by_number(store: ProbeStore) -> None:
    store.set_items(ITEMS)
    items = store.items()
    assert items.index.tolist() == list(range(5)) and items["held_out"].dtype == bool
    assert items["name"].tolist() == ITEMS["name"]
    np.testing.assert_array_equal(items["score"].to_numpy(np.float32), ITEMS["score"])


def test_items_that_lie_at_points_have_no_unedited_outcome(store: ProbeStore) -> None:
    places = {"cluster": [0, 0, 1, 1, 2], "unit": [0, 1, 2, 2, 3], "home": [4, 4, 0, 0, 7]}
    store.set_items({**ITEMS, **places, "failed": [None] * 5, "score": [None] * 5})
    items = store.items()
    assert items[["failed", "score"]].isna().all(axis=None) and items["failed"].dtype == float
    assert items[list(places)].to_dict("list") == places


def test_steps_are_what_a_resumed_run_replays(store: ProbeStore) -> None:
    for step in (1, 0):
        store.append(rows(step))
    steps = list(recorded_steps(store))
    assert len(steps) == 2
    for step, (items, points, outcome, cached) in enumerate(steps):
        expected = rows(step)
        np.testing.assert_array_equal(items[:, 0], expected["item"])
        assert [tuple(point) for point in points.tolist()] == expected["levels"]
        assert outcome.failed.dtype == cached.dtype == bool
        np.testing.assert_array_equal(outcome.failed, expected["failed"])
        np.testing.assert_array_equal(cached, expected["cached"])


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_export_is_the_frame(store: ProbeStore, tmp_path: Path, suffix: str) -> None:
    store.set_items(ITEMS)
    store.append(rows(0))
    store.append(rows(1, propensity=[None] * 4))
    path = tmp_path / f"probes{suffix}"
    store.export(path)
    read = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    for name in (*LISTS, "extra"):
        read[name] = [json.loads(text) for text in read[name]]
    expected = store.frame()
    for name in LISTS:
        expected[name] = [list(value) for value in expected[name]]
    pd.testing.assert_frame_equal(read, expected, check_exact=True)


def test_an_empty_store_has_every_column(store: ProbeStore) -> None:
    assert len(store) == 0 and store.n_steps == 0 and not list(store.steps())
    assert store.frame().columns.tolist() == [*COLUMNS, "name", "group", "held_out"]
    assert store.items().empty


def test_reading_makes_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "probes.sqlite"
    with pytest.raises(UsageError, match="does not exist"):
        ProbeStore(path, read_only=True)
    assert not path.exists()
    writer = ProbeStore(path)
    writer.append(rows(0))
    reader = ProbeStore(path, read_only=True)
    assert len(reader) == 4
    with pytest.raises(
        UsageError, match=r"cannot write .*probes\.sqlite: attempt to write a readonly database; what was"
    ):
        reader.append(rows(1))
    writer.append(rows(1))
    assert len(reader) == 8  # a run can be looked at while it goes on
    reader.close(), writer.close()


def test_a_full_disk_is_one_line_and_loses_nothing(store: ProbeStore) -> None:
    store.append(rows(0))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UsageError) as error:
        for step in range(1, 100):
            store.append(rows(step, 100))
    assert str(error.value) == (
        f"cannot write {store.path}: database or disk is full; what was committed before is safe"
    )
    assert store.frame().groupby("step").size().isin([4, 100]).all() and len(store) >= 4


def test_what_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot open .*probes\.sqlite: unable to open database file$"):
        ProbeStore(tmp_path / "missing" / "probes.sqlite")
    (tmp_path / "text.sqlite").write_text("not a database, but long enough to be looked at " * 30)
    for read_only in (True, False):
        with pytest.raises(UsageError, match=r"cannot open .*text\.sqlite: file is not a database$"):
            ProbeStore(tmp_path / "text.sqlite", read_only=read_only)
    (tmp_path / "empty.sqlite").touch()  # a run killed before its first write
    with pytest.raises(UsageError, match=r"empty\.sqlite holds no probes yet"):
        ProbeStore(tmp_path / "empty.sqlite", read_only=True)


# Forks one writer per line it is sent, so that heavy imports are paid for once; a writer reports each step after
# its commit returned.
WRITER = """
import os, sys
from pathlib import Path
import numpy as np
from failscape.records.probes import COLUMNS, LISTS, ProbeStore

def write(path):
    store, step = ProbeStore(Path(path)), 0
    lists = {name: [[]] * 50 for name in LISTS} | {"extra": [{}] * 50}
    while True:
        column = np.arange(50) + 1000 * step
        store.append({name: column for name in COLUMNS} | lists | {"step": [step] * 50, "slot": range(50)})
        os.write(1, f"{os.getpid()} {step}\\n".encode())
        step += 1

for line in sys.stdin:
    if os.fork() == 0:
        write(line.strip())
    os.wait()
    os.write(1, b"dead\\n")
"""


def test_a_kill_at_any_moment_loses_no_committed_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arguments = [sys.executable, "-c", WRITER]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None and process.stdout is not None
        for kill in range(5):
            path = tmp_path / f"{kill}.sqlite"
            process.stdin.write(f"{path}\n")
            last_wanted, reported = int(rng.integers(60)), -1
            for line in process.stdout:
                if line == "dead\n":
                    break
                pid, step = map(int, line.split())
                assert step == reported + 1
                reported = step
                if step == last_wanted:  # it is somewhere in one of the next steps by now
                    os.kill(pid, signal.SIGKILL)
            assert reported >= last_wanted
            check_whole(path, reported)
        process.stdin.close()


def check_whole(path: Path, reported: int) -> None:
    """Each reported step is there, every step is whole and right, and the file is sound."""
    store = ProbeStore(path)
    frame = store.frame()
    assert store.n_steps in (reported + 1, reported + 2)  # killed between a commit and its report
    np.testing.assert_array_equal(frame["step"], np.repeat(np.arange(store.n_steps), 50))
    np.testing.assert_array_equal(frame["item"], 1000 * frame["step"] + frame["slot"])
    store.close()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
