"""A store of the first version is read as the newest has it, changed by nobody, and not written to."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from failscape.analysis.statistics.units import Unit
from failscape.errors import UsageError
from failscape.records.folder import RunFolder
from failscape.records.probe_arrays import paths_of, points_of
from failscape.records.probes import VERSION, ProbeStore

FIRST = """
CREATE TABLE probes (step INTEGER, slot INTEGER, item INTEGER, point INTEGER, levels TEXT, strengths TEXT,
    moves INTEGER, path TEXT, propensity REAL, failed INTEGER, severity REAL, reward REAL, predicted INTEGER,
    confidence REAL, truth REAL, said TEXT, cut INTEGER, cached INTEGER, seed INTEGER, time REAL,
    PRIMARY KEY (step, slot)) WITHOUT ROWID;
CREATE TABLE items (item INTEGER PRIMARY KEY, name TEXT, reference INTEGER, held_out INTEGER, predicted INTEGER,
    failed INTEGER, truth REAL, said TEXT);
INSERT INTO probes VALUES
    (0, 0, 1, 7, '1,2', '-5,0.4', 1, '-', 0.04, 1, 0.7, 0.4, 1, 0.9, 0.1, NULL, 0, 0, 3, 1.5),
    (1, 0, 0, -1, '-1,0', '-,1e-05', 2, '1,0,1', NULL, 0, 0.2, -0.6, 0, 0.8, 0.8, 'x', 1, 1, 3, 2.5);
INSERT INTO items VALUES (0, 'a.png', 0, 0, 0, 0, 0.9, NULL), (1, 'b.png', 1, 1, 1, 0, 0.8, NULL);
"""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "probes.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(FIRST)
    database.close()
    return path


def test_the_first_version_is_read(first: Path) -> None:
    content = first.read_bytes()
    store = ProbeStore(first, read_only=True)
    frame, items = store.frame(), store.items()
    store.close()
    assert frame["strengths"].tolist() == [(-5, 0.4), (None, 1e-05)] and frame["extra"].tolist() == [{}, {}]
    np.testing.assert_array_equal(points_of(frame), [[1, 2], [-1, 0]])
    np.testing.assert_array_equal(paths_of(frame), [[-1, -1, -1], [1, 0, 1]])
    assert frame["name"].tolist() == ["b.png", "a.png"] and frame["held_out"].tolist() == [1, 0]
    assert items["name"].tolist() == ["a.png", "b.png"]
    assert first.read_bytes() == content


def test_items_of_the_first_version_lie_nowhere_and_stand_for_themselves(first: Path, tmp_path: Path) -> None:
    new = ProbeStore(tmp_path / "new.sqlite")
    old = ProbeStore(first, read_only=True)
    items, probes = old.items(), old.frame()
    assert items.columns.tolist() == new.items().columns.tolist()
    assert items[["cluster", "unit", "home"]].isna().all(axis=None) and items["failed"].dtype == bool
    assert Unit.of(items) == Unit() and Unit.of(items).population(9) is None
    assert Unit.of(items).complete(probes)["cluster"].tolist() == [1]
    new.close(), old.close()


def test_the_first_version_is_not_written_to(first: Path) -> None:
    with pytest.raises(UsageError, match="was written by an earlier version of failscape: it can be read, not written"):
        ProbeStore(first)


@pytest.mark.parametrize(
    "change",
    [
        f"PRAGMA user_version = {VERSION + 1}",
        "ALTER TABLE probes ADD COLUMN other TEXT",
        "ALTER TABLE items ADD COLUMN other TEXT",
    ],
)
def test_what_no_version_has_is_refused_in_one_line(first: Path, change: str) -> None:
    with sqlite3.connect(first) as database:
        database.execute(change)
    database.close()
    with pytest.raises(UsageError, match="was written by another version of failscape; explore again"):
        ProbeStore(first, read_only=True)


def test_what_lies_beside_the_tables_is_read_under_todays_names(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("{env: E-v0, make: {bar: [0.5, 0.1], data: x}}")
    (tmp_path / "summary.json").write_text('{"bar": [0.5, 0.1], "modes": []}')
    folder = RunFolder(tmp_path)
    assert folder.config["make"] == {"threshold": [0.5, 0.1], "data": "x"}
    assert folder.summary == {"threshold": [0.5, 0.1], "modes": []}


def test_modes_that_are_no_rules_are_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("{env: E-v0}")
    (tmp_path / "summary.json").write_text('{"modes": [{"name": "mostly darken", "rate": 0.5}], "warnings": ["dark"]}')
    summary = RunFolder(tmp_path).summary
    assert summary["modes"] == [] and summary["warnings"][0] == "dark"
    assert "earlier version" in summary["warnings"][1] and "explore again" in summary["warnings"][1]
