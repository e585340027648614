"""A run of a summarizer from its end: what people read of it, whatever its articles hold."""

import dataclasses
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import failscape
from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.registry import examples_of, new_examples
from failscape.commands.feedback import terminal_rater
from failscape.data import open_texts
from failscape.workflows.compare import compare_versions
from failscape.workflows.environment import build
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run
from failscape.workflows.show import show_probe
from tests.support.rule_summarizer import Rules, summary

HOSTILE = "<script>alert(1)</script>"
EDITS = {"edits": ["lower-case", "delete-words", "look-alikes", "truncation", "number-swap"]}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports whose articles, references and topics hold what must not be taken for markup, or for a terminal's."""
    source = open_texts("reports:?n=220")
    rows = []
    for i in range(220):
        article, reference = source.load(i)
        topic = f"<b>{source.group_names[source.labels[i]]}"
        rows.append((f"{article} \x1b[31m{HOSTILE}", f"{reference} {HOSTILE} |", topic))
    path = tmp_path_factory.mktemp("data") / "reports.csv"
    pd.DataFrame(rows, columns=["article", "summary", "topic"]).to_csv(path, index=False)
    return path


def explore(
    out: Path, data: Path, concepts: object = EDITS, budget: int = 900, target: str = "rules:reports", **options: object
) -> Run:
    envs = gymnasium.make_vec(
        "failscape/Summarizer-v0",
        num_envs=32,
        target=target,
        data=f"{data}?topic=topic",
        concepts=concepts,
        **options,
    )
    return failscape.explore(envs, "random", budget=budget, out=out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Run:
    return explore(tmp_path_factory.mktemp("runs"), reports)


@pytest.fixture
def own(run: Run, tmp_path: Path) -> Run:
    """A copy that may be changed."""
    return Run(shutil.copytree(run.folder.path, tmp_path / run.folder.name))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Run:
    concepts = ["drop-noun=1,2,3", "drop-verb=1,2,3", "misspellings=.3,.6,.9"]
    return explore(tmp_path_factory.mktemp("walks"), reports, concepts, 400, explore="micro")


def worst_probe(run: Run) -> int:
    probes = run.probes()
    return int(probes[probes["failed"]].sort_values("severity", kind="stable").index[-1])


def test_modes_are_named_by_their_edits(run: Run) -> None:
    names = [mode.name for mode in run.found_modes()]
    assert any(name.startswith("look-alikes") for name in names) and not any("strength" in name for name in names)


@pytest.mark.parametrize("which", ["run", "walked"])
def test_examples_are_what_the_target_read_and_wrote(which: str, request: pytest.FixtureRequest) -> None:
    """In words: the rules, which read nothing but the article, write the recorded summary of it again."""
    run = request.getfixturevalue(which)
    mdp = build(run.settings, of=run.folder).mdp
    probes, items = run.probes(), run.items()
    rows = probes[probes["failed"]].head(25)
    shown = examples_of(rows, items, ExampleContext.of(mdp))
    assert len(shown) == len(rows) > 0
    for example, (number, row) in zip(shown, rows.iterrows(), strict=True):
        assert example.probe == number and example.failed
        after = " ".join("".join(p.text for p in example.comparison.article if p.kind != "removed").split())
        before = " ".join("".join(p.text for p in example.comparison.article if p.kind != "added").split())
        state_of = mdp.items.batch.pair[row["item"]]
        assert re.sub(r"\s", "", before) == re.sub(r"\s", "", state_of[0])
        assert example.answer == (row["output_text"] or "") and example.score == pytest.approx(row["score"])
        assert re.sub(r"\W", "", summary(after)) == re.sub(r"\W", "", example.answer)
        assert example.group == mdp.group_names[row["group"]] and example.kind == mdp.answer_names[row["predicted"]]


def test_what_it_is_compared_with_is_said(run: Run) -> None:
    mdp = build(run.settings, of=run.folder).mdp
    shown = examples_of(run.probes()[run.probes()["failed"]], run.items(), ExampleContext.of(mdp))
    beside = {example.edit.split(" ")[0]: example.comparison.compared_with for example in shown}
    assert beside["look-alikes"] == "reference"
    assert beside.get("truncation", "summary of the unedited article") == "summary of the unedited article"


def test_the_report_reads_articles_as_text(run: Run) -> None:
    page = (run.folder / "report.html").read_text()
    without_plotly = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "alert(1)" in without_plotly and HOSTILE not in page and "<b>fire" not in page
    assert "&lt;" in without_plotly and "<ins>" in page and "<mark>" in page and 'class="rates"' in page
    assert "unedited articles fail" in page and "unedited items" not in page
    assert "What each edit does" in page and "slices-chart" not in page
    assert len(page) < 20e6 and not re.search(r'(src|href)="https?:', without_plotly)


def test_the_report_of_walks_shows_the_smallest_edits(walked: Run) -> None:
    page = (walked.folder / "report.html").read_text()
    assert "broken by some edit" in page and HOSTILE not in page
    assert "0 times" not in page.partition("<h2>3")[0]


def test_tensorboard_has_texts_and_a_map(run: Run) -> None:
    events = EventAccumulator(str(run.folder.path), size_guidance={"tensors": 0, "images": 0}).Reload()
    tags = events.Tags()
    assert "landscape/edits" in tags["images"] and "landscape/3d" not in tags["images"]
    assert {"worst/exemplars", "modes/1", "modes/table"} <= set(tags["tensors"])
    text = events.Tensors("modes/1")[-1].tensor_proto.string_val[0].decode()
    assert "**" in text and HOSTILE not in text
    head, *rows = (run.folder / "projector" / "metadata.tsv").read_text().splitlines()
    assert head.split("\t") == ["item", "topic", "summary", "wrong", "edit", "mode", "probe"]
    assert rows and all(len(row.split("\t")) == 7 for row in rows)
    assert "sprite" not in (run.folder / "projector_config.pbtxt").read_text()


def test_show_tells_a_probe_and_that_it_is_the_same(own: Run) -> None:
    number = worst_probe(own)
    text, agrees = show_probe(own.folder.path, number)
    assert agrees and "the same as recorded" in text and "\x1b" not in text
    assert "[-" in text and "{+" in text and "summary, edited (" in text
    written = (own.folder / "exemplars" / f"{number}.txt").read_text()
    assert "article: " in written and "reference" in written and f"{number}.txt" in text


def test_show_notices_other_words(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = own.probes()
    number = worst_probe(own)
    altered = probes.assign(output_text=probes["output_text"].mask(probes.index == number, "Something else."))
    monkeypatch.setattr(Run, "probes", lambda self: altered)
    text, agrees = show_probe(own.folder.path, number)
    assert not agrees and "NOT the same" in text


def test_cases_are_told_by_topic_and_what_is_wrong(own: Run) -> None:
    session = RatingSession(own)
    case = next(iter(session.cases.values()))
    assert re.fullmatch(r"<b>[a-z-]+: (nothing|other (numbers|names|words))", session.kind_of(case))
    rows = session.probes.loc[list(case.probes)]
    assert rows[["group", "predicted"]].drop_duplicates().shape[0] == 1
    told = terminal_rater(session, "Ada").describe(case)  # type: ignore[attr-defined]
    assert session.kind_of(case) in told and "whole text: " in told and "\x1b" not in told
    assert session.model(session.run.ratings()).n_labels == 0 and np.isfinite(session.pool).all()


@pytest.fixture
def client(own: Run) -> Iterator[object]:
    pytest.importorskip("flask")
    from failscape.web.rating_app import make_app

    yield make_app(RatingSession(own), budget=5, rater="Ada").test_client()


def test_the_page_shows_articles_and_takes_ratings(own: Run, client: object) -> None:
    page = client.get("/", base_url="http://127.0.0.1").get_data(as_text=True)  # type: ignore[attr-defined]
    assert "Could such articles occur?" in page and "summary, edited" in page and "<ins>" in page
    assert HOSTILE not in page and "&lt;b&gt;" in page and 'id="abstain"' in page
    case = re.search(r'name="case" value="(\w+)"', page)
    assert case is not None
    form = {"rater": "Ada", "case": case[1], "undesirability": "7"}
    answer = client.post("/rate", data=form, base_url="http://127.0.0.1")  # type: ignore[attr-defined]
    assert answer.status_code == 303 and own.ratings()["undesirability"].tolist() == [7]


def test_an_audit_is_of_a_summarizer(own: Run) -> None:
    page, paper = failscape.audit(own)
    text = page.read_text()
    assert (
        "which summarizes articles" in text
        and "summarized badly" in text
        and "picture" not in text.lower().replace(".pair img", "").replace("took pictures", "").partition("<body>")[2]
    )
    assert HOSTILE not in text and "Topics with fewer than" in text and paper.read_bytes().startswith(b"%PDF")
    assert "synonyms" in text.partition("were not tried")[2]


def test_new_failures_show_what_either_version_says(run: Run) -> None:
    mdp = build(run.settings, of=run.folder).mdp

    class Terse(Rules):
        """Says nothing at all."""

        def __call__(self, inputs, seeds=None):
            summaries = super().__call__(inputs)
            return dataclasses.replace(summaries, texts=np.full(len(summaries.texts), "", object))

    new = mdp.with_target(Terse(), mdp.baseline)
    table = pd.DataFrame({"item": [3, 4], "point": [0, -1], "confidence_after": [0.5, 0.1]})
    shown = new_examples(mdp, new, table, 12)
    assert [example.name for example in shown] == [mdp.items.names[4], mdp.items.names[3]]  # the clearest first
    first = shown[0]
    assert first.answer == "" and first.kind == "nothing" and first.edit == "unedited"
    assert [line.what for line in first.comparison.lines][:2] == ["version before", "version after"]
    assert first.comparison.lines[1].is_empty and first.answer_before == mdp.baseline.output_text[4]


def test_two_versions_are_compared_on_one_page(run: Run, reports: Path, tmp_path: Path) -> None:
    after = explore(tmp_path, reports, target="rules:terse", budget=300)
    versions = compare_versions(run, after, queries=300)
    assert versions.new
    assert all(example.edit != "" and not example.comparison.lines[1].is_empty for example in versions.new)
    page = versions.report(tmp_path / "compare.html").read_text()
    assert "On held-out articles" in page and "version after" in page and HOSTILE not in page
    assert "unedited picture" not in page and "held-out items" not in page


def test_summaries_of_runs_are_plain(run: Run) -> None:
    assert json.loads(json.dumps(run.summary))["modes"] and dataclasses.asdict(run.found_modes()[0])
