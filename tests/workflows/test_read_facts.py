"""Facts that a CLIP reads from pictures stand beside those that are known, and the report says whose they are."""

import json
from pathlib import Path

import pandas as pd
import pytest

from failscape.cli import main
from failscape.data.pairs.corpus import open_corpus
from failscape.workflows.read_facts import open_fact_reader

PROBES = """
paint:
  pattern: color
  values: {red: a red car, blue: a blue car, green: a green car, yellow: a yellow car, white: a white car}
people:
  pattern: quantity
  values: {nobody: a car without people, somebody: [a car and one person, a car and two people, a car and three people]}
"""
ENCODERS = ["--target", "embedded:street-dino", "--reference", "embedded:street-clip"]
COMMAND = ["pairs", *ENCODERS, "--data", "street:traffic?n=150", "--above", "q0.99", "--below", "0.9"]


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("probes") / "probes.yml"
    path.write_text(PROBES)
    return path


def test_what_is_read_is_what_is_drawn(probes: Path, tmp_path: Path) -> None:
    corpus = open_corpus("street:traffic?n=150", "image")
    read = open_fact_reader("embedded:street-clip", probes, "cpu").read(corpus, tmp_path, lambda *_: None)
    known = corpus.facts
    assert (read.facts["paint (read)"].astype(str) == known["color"].astype(str)).mean() > 0.95
    assert read.patterns == {"paint (read)": "color", "people (read)": "quantity"}
    corpus.read = read
    assert list(corpus.facts.columns) == [*known.columns, "paint (read)", "people (read)"]
    assert corpus.patterns["paint (read)"] == "color" and corpus.patterns["facing"] == "orientation"


def test_the_report_says_who_read_it(probes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pairs.parquet"
    options = ["--prober", "embedded:street-clip", "--probes", str(probes), "--out", str(out)]
    assert main([*COMMAND, *options]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "paint (read)" in printed and "How often that is right was not measured." in printed
    report = (tmp_path / "pairs" / "report.html").read_text()
    assert "embedded:street-clip read facts from the pictures" in report and f"--probes {probes}" in report
    summary = json.loads((tmp_path / "pairs" / "summary.json").read_text())
    facts = pd.DataFrame(summary["differing"]).set_index("fact")
    assert facts.loc["paint (read)", "rate"] == pytest.approx(facts.loc["color", "rate"], abs=0.05)
    assert summary["read"]["texts"]["people"]["nobody"] == ["a car without people"]
    kept = pd.read_parquet(tmp_path / "pairs" / "facts.parquet")
    assert len(kept) == 150 and set(kept["people (read)"]) == {"nobody", "somebody"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--probes", "nothing.yml"], "give --prober"),
        (["--prober", "embedded:street-clip", "--probes", "nothing.yml"], "cannot be read"),
        (["--prober", "embedded:street-dino?layer=2"], "is the target"),
        (["--prober", "embedded:street-clip?layer=-2"], "leave layer= out"),
        (["--prober", "embedded:street-clip?tower=text"], "reads no pictures"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--quiet", *options, "--out", str(tmp_path / "pairs.parquet")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_known_facts_are_tested_without_those_that_were_read(probes: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.parquet"
    alone = [*COMMAND, "--quiet", "--out", str(out)]
    assert main(alone) == 0
    before = json.loads((tmp_path / "pairs" / "summary.json").read_text())["differing"]
    assert main([*alone, "--prober", "embedded:street-clip", "--probes", str(probes)]) == 0
    after = json.loads((tmp_path / "pairs" / "summary.json").read_text())["differing"]
    assert after[: len(before)] == before and len(after) == len(before) + 2


def test_a_text_that_is_cut_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "probes.yml"
    path.write_text(f"paint:\n  values: {{red: a red car, blue: {'a blue car and ' * 40}}}\n")
    options = ["--prober", "embedded:street-clip", "--probes", str(path), "--out", str(tmp_path / "pairs.parquet")]
    assert main([*COMMAND, "--quiet", *options]) == 2
    assert "cannot read all of 'a blue car" in capsys.readouterr().err
