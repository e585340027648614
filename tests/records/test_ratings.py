"""The ratings store: append-only, shared by processes, durable at any moment of a kill, and CSV out and in."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.records.ratings import COLUMNS, Rating, RatingStore
from failscape.records.ratings_csv import read_ratings, write_ratings
from failscape.records.ratings_import import import_ratings

ONE = Rating("ada", "case-1", "darken ≥ 0.4", (3, 5), 7.0, 4.0, "looks bad", 10.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ratings.sqlite"


def test_a_later_rating_counts_and_the_earlier_stays(file: Path) -> None:
    with RatingStore(file) as store:
        store.append([ONE, ONE._replace(rater="bob"), ONE._replace(undesirability=2.0, time=11.0)])
        assert len(store) == len(store.frame()) == 3
        counted = store.latest().set_index("rater")["undesirability"]
        assert counted.to_dict() == {"ada": 2.0, "bob": 7.0}


def test_a_rating_comes_back_as_it_was(file: Path) -> None:
    with RatingStore(file) as store:
        store.append([ONE, ONE._replace(case="case-2", undesirability=None, quality=None, note="")])
        frame = store.frame()
    assert tuple(frame.columns) == COLUMNS
    said = frame.iloc[0]
    assert (said["rater"], said["case"], said["mode"], said["probes"], said["note"]) == (
        *("ada", "case-1", "darken ≥ 0.4"),
        (3, 5),
        "looks bad",
    )
    assert not said["abstain"]
    assert frame.iloc[1]["abstain"]
    assert pd.isna(frame.iloc[1]["undesirability"])


def test_whether_it_is_still_right_is_kept_beside_the_rest(file: Path) -> None:
    abstains = ONE._replace(case="case-2", undesirability=None, quality=None, still_right=False)
    with RatingStore(file) as store:
        store.append([ONE._replace(still_right=True), abstains, ONE._replace(case="case-3")])
        frame = store.frame()
    assert frame["still_right"].fillna(-1).tolist() == [1, 0, -1]
    assert frame["abstain"].tolist() == [False, True, False]


# What versions made before people were asked whether the right answer still is.
OLD_SCHEMA = """
CREATE TABLE IF NOT EXISTS ratings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rater TEXT NOT NULL, time REAL NOT NULL, "case" TEXT NOT NULL,
    shown TEXT NOT NULL, undesirability REAL, quality REAL, abstain INTEGER NOT NULL, note TEXT NOT NULL,
    CHECK (abstain = (undesirability IS NULL)),
    CHECK (undesirability BETWEEN 1 AND 10), CHECK (quality BETWEEN 1 AND 10));
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings only grow'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings only grow'); END;
CREATE TRIGGER IF NOT EXISTS no_replace BEFORE INSERT ON ratings
    WHEN EXISTS (SELECT 1 FROM ratings WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'ratings only grow'); END;
"""


@pytest.fixture
def old_file(file: Path) -> Path:
    database = sqlite3.connect(file)
    database.executescript(OLD_SCHEMA)
    said = "('ada', 10.0, 'case-1', '{\"mode\": \"dark\", \"probes\": [3]}', 7.0, NULL, 0, '')"
    database.execute(
        f'INSERT INTO ratings (rater, time, "case", shown, undesirability, quality, abstain, note) VALUES {said}'
    )
    database.commit()
    database.close()
    return file


def columns(file: Path) -> list[str]:
    database = sqlite3.connect(file)
    found = [row[1] for row in database.execute("PRAGMA table_info(ratings)")]
    database.close()
    return found


def test_a_file_of_before_is_read_as_it_is(old_file: Path) -> None:
    before = old_file.read_bytes()
    with RatingStore(old_file, read_only=True) as store:
        frame = store.frame()
    assert tuple(frame.columns) == COLUMNS and frame["still_right"].isna().tolist() == [True]
    assert frame["undesirability"].tolist() == [7.0] and old_file.read_bytes() == before


def test_a_file_of_before_is_completed_once_and_keeps_what_it_has(old_file: Path) -> None:
    with RatingStore(old_file) as store, RatingStore(old_file) as other:
        store.append([ONE._replace(case="case-2", still_right=False)])
        assert other.frame()["still_right"].fillna(-1).tolist() == [-1, 0]
    assert columns(old_file).count("still_right") == 1
    database = sqlite3.connect(old_file)
    with pytest.raises(sqlite3.IntegrityError, match="ratings only grow"):
        database.execute("UPDATE ratings SET still_right = 1")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.execute(
            'INSERT INTO ratings (rater, time, "case", shown, abstain, note, still_right) '
            "VALUES ('eve', 1, 'c', '{}', 1, '', 2)"
        )
    database.close()


def test_processes_that_open_a_file_of_before_at_once_complete_it_once(old_file: Path) -> None:
    writers = [writer(old_file, f"rater-{i}", 5) for i in range(4)]
    assert [process.communicate()[0].split()[-1] for process in writers] == ["4"] * 4
    assert columns(old_file).count("still_right") == 1
    with RatingStore(old_file, read_only=True) as store:
        assert len(store) == 21 and store.frame()["still_right"].isna().all()


def test_a_change_of_mind_about_it_is_a_change(file: Path) -> None:
    with RatingStore(file) as store:
        store.append([ONE._replace(still_right=True)])
        assert import_ratings(store, [ONE._replace(still_right=True, time=None)]).known == 1
        assert import_ratings(store, [ONE._replace(still_right=False, time=None)]).changed == 1
        assert store.latest()["still_right"].tolist() == [0]


def test_time_orders_what_is_imported_late(file: Path) -> None:
    with RatingStore(file) as store:
        store.append([ONE._replace(time=20.0)])
        store.append([ONE._replace(time=10.0, undesirability=1.0)])
        assert store.latest()["undesirability"].tolist() == [7.0]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ratings SET undesirability = 1",
        "DELETE FROM ratings",
        "INSERT OR REPLACE INTO ratings SELECT * FROM ratings",
    ],
)
def test_rows_are_never_changed(file: Path, change: str) -> None:
    with RatingStore(file) as store:
        store.append([ONE])
    database = sqlite3.connect(file)
    with pytest.raises(sqlite3.IntegrityError, match="ratings only grow"):
        database.execute(change)
    database.close()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"undesirability": 11.0}, "undesirability 11 is not on the scale"),
        ({"undesirability": 0.0}, "undesirability 0 is not on the scale"),
        ({"undesirability": float("nan")}, "undesirability nan is not on the scale"),
        ({"quality": 0.5}, "quality 0.5 is not on the scale"),
        ({"rater": "  "}, "needs a rater"),
        ({"case": ""}, "needs a case"),
    ],
)
def test_what_is_not_on_the_scale_is_refused_whole(file: Path, changed: dict[str, object], words: str) -> None:
    with RatingStore(file) as store:
        with pytest.raises(UsageError, match=words):
            store.append([ONE, ONE._replace(**changed)])  # type: ignore[arg-type]
        assert len(store) == 0


def test_reading_what_is_not_there_names_the_command(file: Path) -> None:
    with pytest.raises(UsageError, match="nothing was rated yet; rate with `failscape feedback"):
        RatingStore(file, read_only=True)


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(UsageError, match=f"cannot open {file}: file is not a database"):
        RatingStore(file)


WRITER = """
import sys
from pathlib import Path
from failscape.records.ratings import Rating, RatingStore
store = RatingStore(Path(sys.argv[1]))
for k in range(int(sys.argv[3])):
    store.append([Rating(sys.argv[2], f"case-{k}", "mode", (k,), 1 + k % 10)])
    print(k, flush=True)
"""


def writer(file: Path, rater: str, n: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(file), rater, str(n)], stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_once_lose_nothing(file: Path) -> None:
    writers = [writer(file, f"rater-{i}", 25) for i in range(4)]  # they make the file at once, too
    assert [process.communicate()[0].split()[-1] for process in writers] == ["24"] * 4
    with RatingStore(file, read_only=True) as store:
        frame = store.frame()
    assert len(frame) == 100
    assert (frame.groupby("rater")["case"].nunique() == 25).all()


def test_a_kill_loses_nothing_that_was_acknowledged(file: Path) -> None:
    process = writer(file, "ada", 100_000)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(20)][-1]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(line) for line in process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    with RatingStore(file) as store:
        assert len(store) in (acknowledged + 1, acknowledged + 2)
        store.append([ONE])


said = st.one_of(st.none(), st.integers(1, 10).map(float))
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ratings = st.builds(
    Rating,
    rater=words.map(lambda text: f"r{text}".strip()),
    case=words.map(lambda text: f"c{text}"),
    mode=words,
    probes=st.lists(st.integers(0, 10**6), max_size=4).map(tuple),
    undesirability=said,
    quality=said,
    note=words,
    time=st.floats(0, 2e9),
    still_right=st.sampled_from([None, True, False]),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(ratings, min_size=1, max_size=5))
def test_csv_out_and_in_is_the_same(tmp_path_factory: pytest.TempPathFactory, given_ratings: list[Rating]) -> None:
    folder = tmp_path_factory.mktemp("csv")
    with RatingStore(folder / "a.sqlite") as one, RatingStore(folder / "b.sqlite") as other:
        one.append(given_ratings)
        write_ratings(one.frame(), folder / "ratings.csv")
        other.append(read_ratings(folder / "ratings.csv"))
        pd.testing.assert_frame_equal(other.frame(), one.frame())


HEAD = "rater,case,undesirability,quality,abstain,note"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rater,case\nada,case-1", ":1: the heading lacks undesirability"),
        ("", ":1: the heading lacks rater, case, undesirability"),
        ("rater,case,undesirability,mood\n", ":1: the heading has unknown columns 'mood'"),
        (f"{HEAD}\nada,case-1,5,,,\nada,case-1,bad,,,", ":3: undesirability 'bad' is not a number"),
        (f"{HEAD}\nada,case-1,5,,,\nada,case-1,12,,,", ":3: undesirability 12 is not on the scale"),
        (f"{HEAD}\nada,case-1,inf,,,", ":2: undesirability 'inf' is not a number"),
        (f"{HEAD}\nada,case-1,,,,", ":2: a rating has either an undesirability or abstain = true"),
        (f"{HEAD}\nada,case-1,5,,true,", ":2: a rating has either"),
        (f"{HEAD}\nada,case-1,5,,maybe,", ":2: abstain 'maybe' is neither true nor false"),
        (f"{HEAD}\nada,case-1,5", ":2: the line has not as many values"),
        ("rater,case,undesirability,still_right\nada,case-1,5,hm", ":2: still_right 'hm' is neither true nor false"),
        (f"{HEAD}\nada,case-1,5,,,,,", ":2: the line has not as many values"),
        (f"{HEAD}\n,case-1,5,,,", ":2: a rating needs a rater"),
        (f'{HEAD}\nada,case-1,5,,,"two\nlines"\nada,case-9,5,,,', ":4: this run has no case 'case-9'"),
        (f'{HEAD}\nada,case-1,5,,,"open', "is not CSV in UTF-8"),
    ],
)
def test_malformed_csv_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read_ratings(file, {"case-1"})
    assert str(error.value).startswith(str(file))
    assert words in str(error.value)
    assert "othing was imported" in str(error.value)


def test_csv_of_before_and_words_of_people(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(f"{HEAD}\nada,case-1,5,,,")
    assert [rating.still_right for rating in read_ratings(file)] == [None]
    rows = [f"ada,case-{k},5,{said}" for k, said in enumerate(("yes", "No", "1", "False", ""))]
    file.write_text("\n".join(["rater,case,undesirability,still_right", *rows]))
    assert [rating.still_right for rating in read_ratings(file)] == [True, False, True, False, None]


def test_csv_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*nowhere\.csv: No such file"):
        read_ratings(tmp_path / "nowhere.csv")
    (tmp_path / "latin.csv").write_bytes(f"{HEAD}\nada,case-1,5,,,caf\xe9".encode("latin-1"))
    with pytest.raises(UsageError, match="is not CSV in UTF-8"):
        read_ratings(tmp_path / "latin.csv")
