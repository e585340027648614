import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from failscape.common.references import references_of
from failscape.data import Items, Skipped, Unreadable, length_groups, load_items, only_held_out, open_texts, reasons
from failscape.data.base import Source
from failscape.data.batch import Articles, Images, Rows
from failscape.data.tables.cells import clean
from failscape.data.texts.collection import TextCollection
from failscape.data.texts.rows import TextRow
from failscape.errors import UsageError


def rows(*texts: str, topic: str = "") -> list[TextRow]:
    return [TextRow(f"row {index}", text, f"summary of {text}", topic) for index, text in enumerate(texts)]


def to_articles(fields: list, labels: np.ndarray) -> Articles:
    return Articles(*fields)


def load(source: Source, **options) -> Items:
    return load_items(source, lambda item: item, to_articles, device="cpu", **options)


def refusal(spec) -> str:
    with pytest.raises(UsageError) as caught:
        open_texts(spec)
    return str(caught.value)


# cells and collections


@given(st.text())
def test_cleaning_keeps_every_word_and_is_done_once(text):
    try:
        cleaned = clean(text)
    except Unreadable:
        assert "\0" in text or any(0xD800 <= ord(sign) < 0xE000 for sign in text)
        return
    assert cleaned.split() == text.split() and clean(cleaned) == cleaned and "\r" not in cleaned


def test_cleaning():
    assert clean(" a\t \r\n\r\n b &amp; c\rd \n") == "a\n\n b &amp; c\nd"


def test_useless_rows_are_listed():
    given = [
        TextRow("a", "one", "s"),
        TextRow("b", ""),
        Skipped("line 3", "not valid JSON"),
        TextRow("c", "two"),
        TextRow("d", "one", "other"),
        TextRow("e", "two", "s"),
    ]
    source = TextCollection(given, "here")
    assert source.names == ["a", "e"] and source.load(1) == ("two", "s")
    assert sorted(source.skipped) == [
        Skipped("b", "empty"),
        Skipped("c", "no reference"),
        Skipped("d", "duplicate of a"),
        Skipped("line 3", "not valid JSON"),
    ]


def test_references_are_asked_of_all_or_none():
    assert len(TextCollection([TextRow("a", "one"), TextRow("b", "two")], "here").names) == 2


def test_nothing_left():
    with pytest.raises(UsageError, match=r"here holds no article that can be read \(2 empty, 1 not text\)"):
        TextCollection([TextRow("a", ""), TextRow("b", ""), Skipped("c", "not text")], "here")
    with pytest.raises(UsageError, match=r"here holds no article that can be read \(no rows\)"):
        TextCollection([], "here")


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#3", "b#2"]), min_size=1))
def test_names_are_made_unique_and_the_first_of_each_is_kept(names):
    source = TextCollection([TextRow(name, f"text {index}") for index, name in enumerate(names)], "here")
    assert len(set(source.names)) == len(names)
    for index, name in enumerate(names):
        assert source.names[index] == name or (name in names[:index] and source.names[index].startswith(f"{name}#"))


def test_duplicates_are_counted_as_one_reason():
    source = TextCollection(rows("same", "same", "other", "same", "other"), "here")
    assert reasons(source.skipped) == "3 duplicate" and len(source.names) == 2


# items


def test_items_of_texts():
    source = TextCollection([*rows("one", "two", topic="b"), TextRow("c", "three", "s", "a")], "here")
    source.notes = ("said",)
    items = load(source)
    assert items.batch.text.shape == (3,) and items.batch.text.dtype == object
    assert items.batch.pair.tolist() == [["one", "summary of one"], ["two", "summary of two"], ["three", "s"]]
    assert items.group.tolist() == [1, 1, 0] and items.group.dtype == np.int64
    assert items.notes == ("said",) and len(items) == 3


def test_texts_that_cannot_be_prepared_are_replaced():
    def prepare(item: tuple[str, str]) -> tuple[str, str]:
        if item[0] in ("t0", "t3"):
            raise Unreadable("too odd")
        return item[0].upper(), item[1]

    source = TextCollection(rows(*(f"t{index}" for index in range(6))), "here")
    items = load_items(source, prepare, to_articles, device="cpu", max_items=4)
    assert sorted(items.batch.text) == ["T1", "T2", "T4", "T5"]
    assert len(load_items(source, prepare, to_articles, device="cpu").batch) == 4


def test_rows_are_copies_in_the_order_asked():
    texts = load(TextCollection(rows("one", "two", "three"), "here"))
    for batch in (texts.batch, Rows(torch.arange(3), torch.zeros(3, dtype=torch.int64))):
        chosen = batch.take(np.array([2, 0, 2]))
        assert len(chosen) == 3 and chosen.inputs[0] == batch.inputs[2]
        chosen.inputs[1] = chosen.inputs[0]
        assert batch.inputs[0] != batch.inputs[2]


def test_held_out_texts_alone():
    items = load(TextCollection(rows(*map(str, range(60))), "here"))
    alone = only_held_out(items)
    assert alone.batch.pair.tolist() == items.batch.pair[items.held_out].tolist()
    assert 0 < alone.held_out.sum() < len(alone)


def test_the_fingerprint_knows_names_topics_and_contents():
    base = load(TextCollection(rows("one", "two"), "here"))
    assert base.fingerprint == load(TextCollection(rows("one", "two"), "there")).fingerprint
    others = [
        TextCollection(rows("one", "Two"), "here"),
        TextCollection([*rows("one"), TextRow("row 1", "two", "another")], "here"),
        TextCollection([*rows("one"), TextRow("row 2", "two", "summary of two")], "here"),
        TextCollection([*rows("one"), TextRow("row 1", "two", "summary of two", "topic")], "here"),
    ]
    assert len({base.fingerprint, *(load(other).fingerprint for other in others)}) == 5
    labels = torch.zeros(2, dtype=torch.int64)
    pictures = [replace(base, batch=Images(torch.full((2, 3, 2, 2), pixel), labels)) for pixel in (0, 1)]
    assert pictures[0].fingerprint != pictures[1].fingerprint


def test_length_groups_are_thirds():
    inputs = np.array(["w " * n for n in (9, 1, 5, 2, 8, 4)], dtype=object)
    groups, names = length_groups(inputs)
    assert groups.tolist() == [2, 0, 1, 0, 2, 1] and names == ("short", "medium", "long")
    assert length_groups(inputs[:0])[0].shape == (0,)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_length_groups_follow_the_length(counts):
    groups, _ = length_groups(np.array(["w " * n for n in counts], dtype=object))
    assert groups.dtype == np.int64 and set(groups.tolist()) <= {0, 1, 2}
    ordered = sorted(zip(counts, groups.tolist(), strict=True))
    assert [group for _, group in ordered] == sorted(groups.tolist())
    assert len({(count, group) for count, group in ordered}) == len(set(counts))
    if len(set(counts)) == len(counts) and len(counts) % 3 == 0:
        assert np.bincount(groups, minlength=3).tolist() == [len(counts) // 3] * 3


# what the user types


def test_unknown_kinds_and_options():
    assert "no file huf:x and no kind of texts 'huf'; did you mean hf?" in refusal("huf:x")
    assert "reports: has no option m; known: n, seed" in refusal("reports:?m=3")
    assert "n is 'many'; write a whole number" in refusal("reports:?n=many")
    assert "reports:night is no world" in refusal("reports:night")
    assert "hf:x has no option summarry" in refusal("hf:x?summarry=y")


@pytest.mark.skipif(
    importlib.util.find_spec("failscape.data.street.reports") is None, reason="the world tells no reports yet"
)
def test_reports():
    source = open_texts("reports:?n=5&seed=2")
    assert len(source.names) == 5 and all(source.load(0)) and len(source.group_names) > 1
    assert len(load(source, max_items=4).batch) == 4


def test_a_dataset_of_hugging_face(tmp_path):
    datasets = pytest.importorskip("datasets")
    labels = datasets.ClassLabel(names=["art", "sport"])
    features = datasets.Features(
        {"document": datasets.Value("string"), "tldr": [datasets.Value("string")], "l": labels}
    )
    columns = {"document": ["one", None, "two", "one"], "tldr": [["a", "b"], [], ["c"], ["d"]], "l": [1, 0, None, 1]}
    datasets.Dataset.from_dict(columns, features=features).save_to_disk(str(tmp_path / "news"))
    source = open_texts(f"hf:{tmp_path / 'news'}?topic=l")
    assert source.names == ["news/all/000000", "news/all/000002"] and source.group_names == ("other", "sport")
    assert [source.load(index) for index in range(2)] == [("one", "a\n\x1e\nb"), ("two", "c")]
    assert reasons(source.skipped) == "1 empty, 1 duplicate"
    message = refusal(f"hf:{tmp_path / 'news'}?article=documennt")
    assert "has no column 'documennt'; did you mean document?; its columns are document, tldr, l" in message


def test_a_dataset_without_rows(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    empty = datasets.Dataset.from_dict({"text": []}, features=datasets.Features({"text": datasets.Value("string")}))
    empty.save_to_disk(str(tmp_path / "none"))
    assert refusal(f"hf:{tmp_path / 'none'}") == f"hf:{tmp_path / 'none'} has no rows; give another dataset"
    (tmp_path / "parquet").mkdir()
    empty.to_parquet(str(tmp_path / "parquet" / "test.parquet"))
    assert "corresponds to no data" in refusal(f"hf:{tmp_path / 'parquet'}")


def test_real_abstracts(real_data):
    file = real_data / "scitldr" / "dev.jsonl"
    if not file.is_file():
        pytest.skip(f"no abstracts in {file}")
    source: Source = open_texts(file)
    assert len(source.names) == 618 and reasons(source.skipped) == "1 duplicate"
    items = load(source, max_items=300)
    pairs = [(article, references_of(reference)[0]) for article, reference in items.batch.pair]
    words = np.array([[len(text.split()) for text in row] for row in pairs])
    assert words.shape == (300, 2) and words[:, 0].min() > 20 and 2 < words[:, 1].mean() < 40
    assert "\n" not in source.load(0)[0] and np.bincount(length_groups(items.batch.text)[0]).min() >= 90
