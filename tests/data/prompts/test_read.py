"""Prompts from templates, files and presets."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from failscape.common.filling import Filling
from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.read import FSRL_ACTIVITIES, read_prompts
from failscape.data.prompts.street import street_prompts
from failscape.data.prompts.template import filled
from failscape.errors import UsageError

YAML = """\
prompts:
  - "a {color} car, {people}"
  - "a {color} bus"
slots:
  color: [red, blue]
  people: {none: , one: a doctor}
neutral: {people: nobody}
"""


def test_the_preset_of_the_paper() -> None:
    book = read_prompts("fsrl")
    assert len(book.templates) == len(set(FSRL_ACTIVITIES)) == 21
    assert [len(values) for values in book.slots.values()] == [3, 3, 3]
    words = {"description": "unique", "profession": "artist", "setting": "research center"}
    assert filled(book.templates[6], words) == (
        "Create an image of a unique artist conducting research in a research center."
    )
    assert filled(book.templates[6], book.neutral) == "Create an image of a person conducting research in a room."


def test_a_template_takes_its_values_from_elsewhere() -> None:
    book = read_prompts("a {color} {thing}", {"color": {"red": "red"}, "thing": {"car": "car", "bus": "bus"}})
    assert book.templates == ("a {color} {thing}",) and book.names == ("color", "thing")
    assert list(book.slots) == ["color", "thing"]


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "prompts.yaml"
    path.write_text(YAML)
    book = read_prompts(str(path))
    assert book.templates == ("a {color} car, {people}", "a {color} bus")
    assert book.slots == {"color": {"red": "red", "blue": "blue"}, "people": {"none": "", "one": "a doctor"}}
    assert book.neutral == {"people": "nobody"}
    assert read_prompts(str(path), {"color": {"green": "green"}}).slots["color"] == {"green": "green"}


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl", ".parquet"])
def test_files_of_prompts(tmp_path: Path, suffix: str) -> None:
    path, prompts = tmp_path / f"prompts{suffix}", ["a car", "a bus, by day", "a car"]
    frame = pd.DataFrame({"prompt": prompts, "id": range(3)})
    if suffix == ".txt":
        path.write_text("\n".join(["", *prompts]))
    elif suffix == ".csv":
        frame.to_csv(path, index=False)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dict("records")))
    assert read_prompts(str(path)).templates == ("a car", "a bus, by day")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompts: [", "is no YAML"),
        ("- a car", "names no prompts"),
        ("prompts: a car\nslot: {}", "no key 'slot'; did you mean slots"),
        ("prompts: [1]", "are texts"),
        ("prompts: []", "holds no prompts"),
        ("prompts: a {kind} car", r"the slot \{kind\} of .* has no values; name them: kind=WORDS,WORDS"),
        ("prompts: a {color} car\nasks: {kind: color}", "asks of .* names no slot with values: 'kind'"),
        ("prompts: a {color} car\nslots: {color: []}", "the slot color of .* has no values"),
        ("prompts: a {color} car\nslots: [color]", "a line for each slot"),
        ("prompts: a {color} car\nslots: {colour: [red]}", "has a slot 'colour'; did you mean color"),
        ("prompts: a {color} car\nslots: {color: [red]}\nneutral: {job: nobody}", "has a slot 'job'"),
        ("prompts: a {Color} car", "brace that belongs to no slot"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "prompts.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_prompts(str(path))


def test_what_names_no_prompts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a file of prompts nor a prompt"):
        read_prompts("prompts")
    with pytest.raises(UsageError, match=r"no file of prompts .*missing\.yaml"):
        read_prompts(str(tmp_path / "missing.yaml"))
    table = tmp_path / "table.csv"
    table.write_text("id,words\n1,a car\n")
    with pytest.raises(UsageError, match="has no column prompt, text or caption; it has id, words"):
        read_prompts(str(table))
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    with pytest.raises(UsageError, match="holds no prompts"):
        read_prompts(str(empty))
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"is no UTF-8 text"):
        read_prompts(str(binary))


def test_slots_of_usual_names_have_usual_values() -> None:
    book = read_prompts("{count} dogs {relation} a {color} {thing}", {"thing": {"car": "car"}})
    assert book.slots["relation"]["left of"] == "to the left of" and "red" in book.slots["color"]
    assert list(book.slots) == ["count", "relation", "color", "thing"]
    assert read_prompts("a {color} car", {"color": {"pale": "pale"}}).slots["color"] == {"pale": "pale"}


def test_prompts_of_a_file_ask_for_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "prompts.yaml"
    path.write_text("prompts: a {paint} car\nslots: {paint: {green: bright green}}\nasks: {paint: color}")
    book = read_prompts(str(path))
    prompts = Prompts.of(["a {paint} car"], [0], [Filling("paint", "green", "bright green")])
    assert prompts.texts == ["a bright green car"] and book.asks.of(prompts) == [{"color": "green"}]


def test_prompts_of_streets_are_a_preset() -> None:
    assert read_prompts("street:prompts") == street_prompts()
