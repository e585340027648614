import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.common.references import join_references, references_of
from failscape.data import Skipped, open_texts, reasons
from failscape.data.tables.csv import open_csv
from failscape.errors import UsageError

TEXTS = [("It rained all day in Ghent.", "Rain in Ghent."), ("Größe – “quoted”, 3 €;\nand a\ttab", "An emoji: 🙂")]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def all_of(spec) -> list[tuple[str, str]]:
    source = open_texts(spec)
    return [source.load(index) for index in range(len(source.names))]


def refusal(spec) -> str:
    with pytest.raises(UsageError) as caught:
        open_texts(spec)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def as_csv(path: Path, delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([("id", "article", "summary"), *((7, *row) for row in TEXTS)])


def as_json(path: Path, separator: str) -> None:
    rows = [json.dumps({"id": 7, "article": article, "summary": summary}) for article, summary in TEXTS]
    path.write_text(f"[{','.join(rows)}]" if separator == "," else separator.join(rows) + "\n")


def as_parquet(path: Path) -> None:
    articles, summaries = zip(*TEXTS, strict=True)
    pq.write_table(pa.table({"id": [7, 7], "article": articles, "summary": summaries}), path)


WRITERS = {
    "texts.csv": as_csv,
    "texts.CSV": lambda path: as_csv(path, ";"),
    "excel.csv": lambda path: as_csv(path, "\t"),
    "texts.tsv": lambda path: as_csv(path, "\t"),
    "texts.jsonl": lambda path: as_json(path, "\n"),
    "texts.ndjson": lambda path: as_json(path, "\r\n\n"),
    "texts.json": lambda path: as_json(path, ","),
    "lines.json": lambda path: as_json(path, "\n"),
    "texts.parquet": as_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_table_holds_the_same_texts(tmp_path, name):
    WRITERS[name](tmp_path / name)
    assert all_of(tmp_path / name) == TEXTS
    source = open_texts(tmp_path / name)
    assert source.group_names == ("all",) and source.labels.tolist() == [0, 0] and source.labels.dtype == "int64"
    assert source.skipped == [] and source.names[0].startswith(f"{name}/00000")
    assert open_texts(f"{tmp_path / name}?topic=id&name=id").names == ["7", "7#2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["texts.csv", "texts.jsonl", "texts.json", "folder/1.txt"])
def test_encodings(tmp_path, name, encoding):
    text = "“Größe” – 3 € &amp; Zürich"
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    content = {
        "texts.csv": f"article\n{text}\n",
        "texts.jsonl": f'{{"article": "{text}"}}\n',
        "texts.json": f'[{{"article": "{text}"}}]',
        "folder/1.txt": text,
    }
    write(path, content[name], encoding)
    spec = path.parent if name == "folder/1.txt" else path
    assert all_of(spec) == [(text, "")]
    assert any("is not UTF-8" in note or "are not UTF-8" in note for note in open_texts(spec).notes) == (
        encoding == "cp1252"
    )


def test_a_damaged_row_does_not_change_the_encoding_of_the_others(tmp_path):
    good = "Größe für Zürich".encode()
    (tmp_path / "texts.csv").write_bytes(b"article\n" + good + b"\nbroken \xff byte\nwith a \0 in it\n")
    source = open_texts(tmp_path / "texts.csv")
    assert all_of(tmp_path / "texts.csv") == [("Größe für Zürich", "")] and source.notes == ()
    assert source.skipped == [Skipped("texts.csv/000003", "not text"), Skipped("texts.csv/000004", "not text")]


def test_what_windows_1252_has_not_is_skipped(tmp_path):
    (tmp_path / "texts.csv").write_bytes("article\nGröße für Zürich\n".encode("cp1252") + b"no \x81 such sign\n")
    source = open_texts(tmp_path / "texts.csv")
    assert source.load(0) == ("Größe für Zürich", "") and source.skipped == [Skipped("texts.csv/000003", "not text")]


def test_invalid_lines_are_skipped_by_their_number(tmp_path):
    rows = [json.dumps({"text": f"text {index}"}) for index in range(10)]
    rows[6], rows[8] = '{"text": "cut', "[1, 2]"
    write(tmp_path / "texts.jsonl", "\n".join(rows))
    source = open_texts(tmp_path / "texts.jsonl")
    assert len(source.names) == 8 and source.names[0] == "texts.jsonl/000001"
    assert source.skipped == [
        Skipped("texts.jsonl/000007", "not valid JSON"),
        Skipped("texts.jsonl/000009", "not a JSON object"),
    ]


def test_ragged_rows_are_skipped_by_the_line_in_which_they_begin(tmp_path):
    lines = ['"two', 'lines",s', "", "a,b,c", "alone", '"closed" too early,s', ",", "last,s"]
    write(tmp_path / "texts.csv", "article,summary\n" + "\n".join(lines))
    source = open_texts(tmp_path / "texts.csv")
    assert [source.load(index)[0] for index in range(2)] == ["two\nlines", "last"]
    assert source.names == ["texts.csv/000002", "texts.csv/000009"]
    assert source.skipped == [
        Skipped("texts.csv/000005", "not as many fields as the header"),
        Skipped("texts.csv/000006", "not as many fields as the header"),
        Skipped("texts.csv/000007", "not valid CSV"),
    ]


def test_a_quote_that_is_never_closed_swallows_nothing_unsaid(tmp_path):
    write(tmp_path / "texts.csv", 'article\nfine\n"never closed\nlost\n')
    assert "texts.csv line 3: a quote opens and is never closed; close it" in refusal(tmp_path / "texts.csv")


@given(st.lists(st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0"))] * 2), min_size=1))
def test_csv_comes_back_as_it_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("a", "b"), ("x", "x"), *rows])
    read = [tuple(cells.values()) for _, cells in open_csv(path, "utf-8").lines(["a", "b"])]
    assert read == [("x", "x"), *(row for row in rows if any(field.strip() for field in row))]


def test_an_article_longer_than_the_standard_library_reads_by_default(tmp_path):
    write(tmp_path / "texts.csv", "article\n" + "word " * 60_000)
    assert len(all_of(tmp_path / "texts.csv")[0][0]) == 299_999


def test_rows_may_have_different_keys(tmp_path):
    write(tmp_path / "texts.jsonl", '{"text": "a"}\n{"summary": "s", "text": "b"}\n{"summary": "only"}\n')
    source = open_texts(tmp_path / "texts.jsonl")
    assert source.load(0) == ("b", "s")
    assert reasons(source.skipped) == "1 empty, 1 no reference"


def test_lists_of_sentences_and_of_references(tmp_path):
    row = {"source": ["One. ", " Two.\n", ""], "target": ["", "first", "second"]}
    write(tmp_path / "texts.jsonl", json.dumps(row))
    both = join_references(["first", "second"])
    assert references_of(both) == ("first", "second") and all_of(tmp_path / "texts.jsonl") == [("One. Two.", both)]
    pq.write_table(pa.table({key: [value] for key, value in row.items()}), tmp_path / "texts.parquet")
    assert all_of(tmp_path / "texts.parquet") == [("One. Two.", both)]


def test_cells_that_are_no_text(tmp_path):
    bad = [5, {"a": "b"}, ["x", 3], [["nested"]], True, "cut \ud83d", "nul \0"]
    rows = [{"text": cell} for cell in [*bad, "good", None, float("nan"), [], " \n"]]
    write(tmp_path / "texts.json", json.dumps(rows))
    source = open_texts(tmp_path / "texts.json")
    assert source.names == ["texts.json/000008"] and reasons(source.skipped) == "7 not text, 4 empty"


def test_parquet_that_calls_bytes_text(tmp_path):
    wrong = pa.array([b"good", b"bad \xff"], pa.binary()).view(pa.utf8())
    pq.write_table(pa.table({"text": wrong, "other": [b"\xff", b"\xff"]}), tmp_path / "texts.parquet")
    source = open_texts(tmp_path / "texts.parquet")
    assert source.load(0) == ("good", "") and source.skipped == [Skipped("texts.parquet/000002", "not text")]


def test_columns_named_by_the_user(tmp_path):
    write(tmp_path / "texts.csv", "my text,title,kind,id\nlong,short,sport,x\nlonger,shorter,,y\n")
    source = open_texts(f"{tmp_path / 'texts.csv'}?article=my text&reference=title&topic=kind&name=id")
    assert source.names == ["x", "y"] and source.group_names == ("other", "sport") and source.labels.tolist() == [1, 0]
    assert source.load(0) == ("long", "short")


def test_the_first_of_the_known_columns_is_taken(tmp_path):
    write(tmp_path / "texts.csv", "target,text,document,abstract\nt,x,d,a\n")
    assert all_of(tmp_path / "texts.csv") == [("d", "t")]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("article=articlee", "has no column 'articlee'; did you mean article?; its columns are article, summary, id"),
        ("article=zzz", "has no column 'zzz'; its columns are article, summary, id"),
        ("reference=summarry", "has no column 'summarry'; did you mean summary?; its columns are"),
        ("referenze=summary", "has no option referenze; did you mean reference?"),
        ("article", "'article' is no option; write ?name=value"),
    ],
)
def test_a_wrong_column_or_option(tmp_path, query, message):
    write(tmp_path / "texts.csv", "article,summary,id\na,b,c\n")
    assert message in refusal(f"{tmp_path / 'texts.csv'}?{query}")


def test_a_table_without_a_header_shows_little_of_its_texts(tmp_path):
    write(tmp_path / "texts.csv", f"{'word ' * 50}\nmore\n")
    message = refusal(tmp_path / "texts.csv")
    assert "name that of the articles with ?article=COLUMN" in message and len(message) < 300 + len(str(tmp_path))


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("texts.csv", b"", "is empty; give a table with a text per row"),
        ("texts.jsonl", b"\xef\xbb\xbf\n  \n", "is empty; give"),
        ("texts.csv", "\n ".encode("utf-16"), "is empty; give"),
        ("texts.csv", b"article,summary\n\n", "has a header but no rows"),
        ("texts.csv", b",,\n", "its header is missing"),
        ("texts.csv", b'"a" b\nrow\n', "its header is not valid CSV"),
        ("texts.csv", PNG, "is not text, though its suffix is .csv"),
        ("texts.jsonl", PNG * 1000, "is not text, though its suffix is .jsonl"),
        ("texts.tsv", "article\nx\n".encode("utf-16-le"), "is not text"),
        ("texts.jsonl", b"article\nno json\n", "no line with an object (line 1: not valid JSON)"),
        ("texts.jsonl", b"[" * 100_000, "no line with an object (line 1: not valid JSON)"),
        ("texts.json", b'[{"article": "cut', "is not valid JSON: Unterminated string"),
        ("texts.json", b"[" * 100_000, "is not valid JSON: "),
        ("texts.json", b"[]", "holds an empty list; give a list of objects"),
        ("texts.json", b'["a", "b"]', "holds no objects; give a list of objects"),
        ("texts.parquet", b"", "texts.parquet cannot be read: "),
        ("texts.parquet", b"article\nx\n" * 9, "cannot be read: Parquet magic bytes not found"),
        ("texts.xlsx", b"PK", "is no table by its suffix; give one of .csv, "),
        ("texts.csv", b"article\n\0\n \n", "holds no article that can be read (1 not text)"),
    ],
)
def test_files_that_hold_no_texts(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert message in refusal(tmp_path / name)


def test_parquet_without_rows_or_cut_short(tmp_path):
    pq.write_table(pa.table({"article": pa.array([], pa.utf8())}), tmp_path / "none.parquet")
    assert "has columns but no rows" in refusal(tmp_path / "none.parquet")
    pq.write_table(pa.table({"article": ["abc " * 999]}), tmp_path / "cut.parquet", compression="gzip")
    data = (tmp_path / "cut.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(data[:4] + bytes(40) + data[44:])
    assert "cut.parquet cannot be read: " in refusal(tmp_path / "cut.parquet")


def test_a_missing_file_names_the_closest(tmp_path):
    as_csv(tmp_path / "texts.csv")
    assert refusal(f"{tmp_path}/text.csv?article=x").endswith("text.csv; did you mean texts.csv?")
    assert "give a file (.csv, " in refusal(tmp_path / "no/such/place")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    as_csv(tmp_path / "texts.csv")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "texts.csv cannot be read: permission denied" in refusal(tmp_path / "texts.csv")
