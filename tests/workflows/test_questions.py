"""Questions about mined pairs from the command line: CSV in, summary, MMVP's layout out, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.cli import main
from failscape.records.questions import Answer, QuestionStore
from failscape.workflows.questions import QuestionSession
from tests.support.mmvp import read_mmvp

HEAD = "first,second,question,a,b,first_answer,second_answer,pattern,author"


def csv(path: Path, *lines: str) -> Path:
    file = path.parent / "questions.csv"
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return file


def line(path: Path, rank: int, more: str) -> str:
    pair = QuestionSession(path).ranked[rank]
    return f"{pair.first},{pair.second},{more}"


@pytest.fixture
def asked(own_pairs: Path) -> Path:
    """Pairs of which two have a question and one has no difference."""
    first, second, third = (QuestionSession(own_pairs).ranked[rank] for rank in (0, 1, 2))
    table = pd.read_parquet(own_pairs).set_index("first_name")
    places = table.loc[second.first, ["second", "first"]].tolist()
    file = csv(
        own_pairs,
        f'{first.first},{first.second},"Which, then?",green,blue,a,b,color,Ada',
        f"{places[0]},{places[1]},How many?,one,two,(A),(b),Quantity and count,Bob",
        f"{third.first},{third.second},,,,,,no difference,Ada",
    )
    assert main(["questions", str(own_pairs), "--csv", str(file)]) == 0
    return own_pairs


def stored(path: Path) -> pd.DataFrame:
    session = QuestionSession(path)
    with QuestionStore(session.store_path, read_only=True) as store:
        return session.counting(store)


def test_questions_come_from_a_file_by_names_and_by_places_in_any_order(
    asked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, ranked = stored(asked), QuestionSession(asked).ranked
    assert frame[["first", "second"]].to_numpy().tolist() == [[pair.first, pair.second] for pair in ranked[:3]]
    assert frame["question"].tolist() == ["Which, then?", "How many?", ""]
    assert (frame["first_answer"] + frame["second_answer"]).tolist() == ["ab", "ba", ""], "the second was turned round"
    assert frame["pattern"].tolist() == ["color", "quantity", ""] and frame["author"].tolist() == ["Ada", "Bob", "Ada"]
    file = asked.parent / "questions.csv"
    assert main(["questions", str(asked), "--csv", str(file)]) == 0
    out = capsys.readouterr().out
    assert "0 new, 0 changed, 3 known already in " in out
    assert "2 questions, 1 pair without a difference, 0 answers in" in out
    file.write_text(file.read_text().replace("green", "red"))
    assert main(["questions", str(asked), "--csv", str(file)]) == 0
    assert "0 new, 1 changed, 2 known already" in capsys.readouterr().out
    assert stored(asked)["a"].tolist() == ["red", "one", ""]


def test_each_bad_line_is_named_and_nothing_is_stored(own_pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = line(own_pairs, 0, "Which?,green,blue,a,b,,Ada")
    file = csv(
        own_pairs,
        good,
        line(own_pairs, 1, "Which?,green,blue,a,a,,Ada"),
        line(own_pairs, 2, "Which?,green,blue,a,b,colour,Ada"),
        "one/00.png,one/02.png,Which?,green,blue,a,b,,Ada",
        good,
        line(own_pairs, 3, "Which?,green,blue,a,b,no difference,Ada"),
        "too,few",
    )
    assert main(["questions", str(own_pairs), "--csv", str(file)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: 6 lines are to be mended; nothing was stored:\n")
    for number, words in (
        (3, "option (a) is marked as correct for both pictures"),
        (4, "there is no visual pattern 'colour'; did you mean color?"),
        (5, "one/00.png and one/02.png are no pair of"),
        (6, "line 2 is about the same pair; keep one of the two"),
        (7, "where the pattern is 'no difference', question, options and answers are left empty"),
        (8, "the line has not as many values as the heading has columns"),
    ):
        assert f"{file}:{number}: {words}" in told
    assert not (own_pairs.with_suffix("") / "questions.sqlite").exists()
    assert main(["questions", str(own_pairs), "--csv", str(csv(own_pairs, "0,1,?,a,b,a,b,,Ada"))]) == 2
    assert capsys.readouterr().err.endswith(". Mend that line; nothing was stored\n")
    assert main(["questions", str(own_pairs), "--csv", str(csv(own_pairs))]) == 2
    assert "has a heading and no lines" in capsys.readouterr().err


def test_pairs_that_repeat_another_one_are_not_asked_about(own_pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.read_parquet(own_pairs)
    pair = QuestionSession(own_pairs).ranked[0]
    table.loc[table["first_name"] == pair.first, "repeats"] = True
    table.to_parquet(own_pairs)
    assert len(QuestionSession(own_pairs).ranked) == 29
    file = csv(own_pairs, f"{pair.first},{pair.second},Which?,green,blue,a,b,,Ada")
    assert main(["questions", str(own_pairs), "--csv", str(file)]) == 2
    assert "repeat another pair, with near-duplicates of its pictures" in capsys.readouterr().err


def test_the_summary_says_what_was_measured(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", str(asked), "--summary"]) == 0
    told = capsys.readouterr().out
    assert "30 blind pairs of" in told and "nobody has answered" in told
    assert "2 pairs have a question, in 1 a person sees no difference, 27 are left" in told
    assert "color and appearance      1" in told and "quantity and count        1" in told
    session = QuestionSession(asked)
    with QuestionStore(session.store_path) as store:
        one, other = session.counting(store).index[:2].tolist()
        for who, number, picture, answer in (
            ("Cleo", one, "first", "a"),
            ("Cleo", one, "second", "b"),
            ("Cleo", other, "first", "a"),
            ("Cleo", other, "second", "a"),
            ("Dan", one, "first", "a"),
        ):
            store.answer(Answer(who, number, picture, answer))
    assert main(["questions", str(asked), "--summary"]) == 0
    rows = {row.split("  ")[0]: row.split() for row in capsys.readouterr().out.split("\n")}
    assert rows["Cleo"][1:4] == ["4", "75", "%"] and rows["Cleo"][5:8] == ["2", "50", "%"]
    assert rows["Dan"][1:4] == ["1", "100", "%"] and rows["Dan"][5:] == ["0", "–", "–"]
    assert rows["all together"][2:5] == ["5", "80", "%"]


def test_questions_about_pairs_that_are_gone_are_left_out(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pd.read_parquet(asked)
    gone = QuestionSession(asked).ranked[0]
    table[table["first_name"] != gone.first].to_parquet(asked)
    assert main(["questions", str(asked), "--summary"]) == 0
    told = capsys.readouterr().out
    assert "left out  1 question about pairs that the table no longer has" in told and "29 blind pairs" in told


def test_a_reader_of_mmvp_gets_the_questions_and_pictures_back(asked: Path, tmp_path: Path) -> None:
    assert main(["questions", str(asked), "--export", str(tmp_path / "mmvp")]) == 0
    lines, session = read_mmvp(tmp_path / "mmvp"), QuestionSession(asked)
    assert [item[:4] for item in lines] == [
        ("Which, then?", "green", "blue", "(a)"),
        ("Which, then?", "green", "blue", "(b)"),
        ("How many?", "one", "two", "(b)"),
        ("How many?", "one", "two", "(a)"),
    ]
    names = [name for pair in session.ranked[:2] for name in (pair.first, pair.second)]
    for item, name in zip(lines, names, strict=True):
        original = np.asarray(Image.open(Path(session.data) / name), float)
        assert item.picture.shape == original.shape and np.abs(item.picture - original).mean() < 4
    patterns = pd.read_csv(tmp_path / "mmvp" / "patterns.csv")
    assert patterns["pattern"].tolist() == ["color and appearance", "quantity and count"]
    assert patterns[["target", "reference"]].to_numpy().tolist() == [
        [pair.target, pair.reference] for pair in session.ranked[:2]
    ]


def summary(path: Path, **changed: Any) -> None:
    file = path.with_suffix("") / "summary.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changed}))


@pytest.mark.parametrize("more", [["--summary"], ["--answer"], ["--export", "there"]])
def test_without_questions_there_is_nothing_to_show(
    own_pairs: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["questions", str(own_pairs), *more]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("error: no question was written yet; write some with `failscape questions ")
    assert not (own_pairs.with_suffix("") / "questions.sqlite").exists()


def test_bad_tables_are_one_clear_line(own_pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(path: Path = own_pairs, *more: str) -> str:
        assert main(["questions", str(path), "--summary", *more]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "is no table of pairs; give the .parquet file" in told(own_pairs.with_suffix(".csv"))
    assert "No such file or directory; it lies beside the table" in told(own_pairs.with_name("other.parquet"))
    summary(own_pairs, modality="text")
    assert "holds pairs of texts; questions are about pairs of pictures" in told()
    summary(own_pairs, modality="image", search={})
    assert "does not say what was mined; run failscape pairs again" in told()
    summary(own_pairs, search={"data": "nowhere", "seed": 0, "max_items": None})
    table = pd.read_parquet(own_pairs)
    table.drop(columns="repeats").to_parquet(own_pairs)
    assert "lacks the columns repeats" in told()
    table.head(0).to_parquet(own_pairs)
    assert "holds no blind pairs to ask about" in told()
    own_pairs.write_bytes(b"no table")
    assert "cannot be read" in told() and "run failscape pairs again" in told()


def test_pictures_that_moved_are_named(asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search = json.loads((asked.with_suffix("") / "summary.json").read_text())["search"]
    summary(asked, search={**search, "data": str(tmp_path / "moved")})
    export = ["questions", str(asked), "--export", str(tmp_path / "mmvp")]
    assert main(export) == 2
    assert "--data names the place of the pictures of" in capsys.readouterr().err
    assert main([*export, "--data", str(asked.parent / "pictures" / "one")]) == 2
    assert "has no longer what" in capsys.readouterr().err and not (tmp_path / "mmvp").exists()
    assert main([*export, "--data", str(asked.parent / "pictures")]) == 0
