from pathlib import Path

import pytest

from failscape.data import Skipped, open_texts
from failscape.errors import UsageError


def fill(root: Path, **texts: str) -> Path:
    """Writes files; ``__`` in a name is ``/``, and ``_`` a dot."""
    for key, text in texts.items():
        path = root / key.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def refusal(root) -> str:
    with pytest.raises(UsageError) as caught:
        open_texts(root)
    return str(caught.value)


def test_topics_names_and_references_in_each_of_their_places(tmp_path):
    fill(
        tmp_path,
        sport__1_txt="A match was won.\r\n",
        sport__1_summary_txt="Won.",
        sport__deep__2_TXT="A race.",
        sport__deep__summaries__2_TXT="Race.",
        art__3_txt="A show. ",
        summaries__art__3_txt="Show.",
    )
    source = open_texts(tmp_path)
    assert source.names == ["art/3.txt", "sport/1.txt", "sport/deep/2.TXT"]
    assert source.group_names == ("art", "sport") and source.labels.tolist() == [0, 1, 1]
    assert [source.load(index) for index in range(3)] == [
        ("A show.", "Show."),
        ("A match was won.", "Won."),
        ("A race.", "Race."),
    ]
    assert source.skipped == [] and source.notes == ()


def test_without_subfolders_and_references(tmp_path):
    source = open_texts(fill(tmp_path, b_txt="two", a_txt="one"))
    assert source.group_names == ("all",) and [source.load(index) for index in range(2)] == [("one", ""), ("two", "")]


def test_loose_articles_are_of_the_topic_other(tmp_path):
    source = open_texts(fill(tmp_path, loose_txt="one", sport__a_txt="two"))
    assert source.group_names == ("other", "sport") and source.labels.tolist() == [0, 1]


def test_what_is_skipped(tmp_path):
    fill(tmp_path, a_txt="same", b_txt="same", c_txt="  ", d_txt="without", gone_summary_txt="of nothing")
    fill(tmp_path, a_summary_txt="s", b_summary_txt="s", e_txt="e", e_summary_txt=" ", photo_jpg="x", _hidden_txt="x")
    (tmp_path / "f.txt").write_bytes(bytes(range(32)) * 9)
    (tmp_path / "g.txt").write_text("fine")
    (tmp_path / "g.summary.txt").write_bytes(bytes(range(32)) * 9)
    assert sorted(open_texts(tmp_path).skipped) == [
        Skipped("b.txt", "duplicate of a.txt"),
        Skipped("c.txt", "empty"),
        Skipped("d.txt", "no reference"),
        Skipped("e.txt", "no reference"),
        Skipped("f.txt", "not text"),
        Skipped("g.txt", "its summary is unreadable: not text"),
        Skipped("gone.summary.txt", "a summary of no article"),
        Skipped("photo.jpg", "not a .txt file"),
    ]


def test_files_that_are_not_utf_8_are_said_once(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_bytes(f"Größe {name}".encode("cp1252"))
    source = open_texts(fill(tmp_path, c_txt="Größe c"))
    assert [source.load(index)[0] for index in range(3)] == ["Größe a", "Größe b", "Größe c"]
    assert source.notes == (f"{tmp_path}: 2 files are not UTF-8; read as Windows-1252 (?encoding= names another)",)


def test_folders_without_articles(tmp_path):
    assert f"{tmp_path} holds no .txt file; put an article into each" in refusal(tmp_path)
    fill(tmp_path, a_summary_txt="s")
    assert "holds summaries but no articles; put NAME.txt beside NAME.summary.txt" in refusal(tmp_path)
    fill(tmp_path / "tables", b_csv="article", a_jsonl="{}", photo_jpg="")
    assert refusal(tmp_path / "tables").endswith(f"give one of its tables, as in {tmp_path / 'tables' / 'a.jsonl'}")
    assert "holds no article that can be read (1 empty)" in refusal(fill(tmp_path / "blank", a_txt="\n"))
    assert "has no option article" in refusal(f"{tmp_path}?article=x")


def test_what_a_system_keeps_beside_texts_is_left_out_and_counted(tmp_path: Path) -> None:
    for name in ("sport/1.txt", "sport/@eaDir/1.txt", "__MACOSX/sport/1.txt", ".trash/2.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("A match.")
    source = open_texts(tmp_path)
    assert list(source.names) == ["sport/1.txt"] and source.skipped == []
    (told,) = source.notes
    assert "3 files that look like texts, hidden or the system's own (" in told
