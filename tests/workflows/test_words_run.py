"""A run of items that are neither pictures nor texts from its end: examples in words wherever people look."""

import re
import shutil
from pathlib import Path

import gymnasium
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import failscape
from failscape.terminal.cases import describe_case
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run
from failscape.workflows.show import show_probe


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    envs = gymnasium.make_vec("failscape/Toy-v0", num_envs=32)
    return failscape.explore(envs, "random", budget=300, out=tmp_path_factory.mktemp("runs"))


@pytest.fixture
def own(run: Run, tmp_path: Path) -> Run:
    """A copy that may be changed."""
    return Run(shutil.copytree(run.folder.path, tmp_path / run.folder.name))


def test_the_report_has_examples_and_says_what_edits_do(run: Run) -> None:
    page = (run.folder / "report.html").read_text()
    modes = page.partition('<section id="modes">')[2].partition("</section>")[0]
    assert re.search(r'<td>toy-\d+</td><td data-head="group">(above|below)</td>', modes)
    assert "answer unedited" in page.partition('<section id="worst">')[2] and "What each edit does" in page
    assert "Adds strength to the first coordinate. 0 changes nothing." in page
    assert "articles" not in page.partition("</script>")[2].partition("<script")[0]


def test_tensorboard_has_examples_and_a_projection_without_pictures(run: Run) -> None:
    events = EventAccumulator(str(run.folder.path), size_guidance={"tensors": 0}).Reload()
    assert {"worst/exemplars", "modes/1"} <= set(events.Tags()["tensors"])
    head, *rows = (run.folder / "projector" / "metadata.tsv").read_text().splitlines()
    assert head.split("\t") == ["item", "group", "answer", "edit", "mode", "probe"] and rows
    assert "sprite" not in (run.folder / "projector_config.pbtxt").read_text()


def test_show_describes_a_probe_and_writes_it_down(own: Run) -> None:
    probes = own.probes()
    number = int(probes.index[probes["failed"]][0])
    text, agrees = show_probe(own.folder.path, number)
    assert agrees and re.search(r"^after    (above|below) \(\d+.*\): wrong$", text, re.M)
    assert (own.folder / "exemplars" / f"{number}.txt").read_text() in text and f"{number}.txt" in text


def test_cases_are_rated_by_their_answers(own: Run) -> None:
    pytest.importorskip("flask")
    from failscape.web.rating_app import make_app

    session = RatingSession(own)
    case = next(iter(session.cases.values()))
    told = describe_case(session, case)
    assert re.search(r"(above taken for below|below taken for above)\n  toy-\d+, right", told)
    client = make_app(session, budget=5, rater="Ada").test_client()
    page = client.get("/", base_url="http://127.0.0.1").get_data(as_text=True)
    assert "Could such items occur?" in page and session.kind_of(case) in page and "→ <b>" in page


def test_an_audit_is_of_items(own: Run) -> None:
    page, paper = failscape.audit(own)
    text = page.read_text().partition("<body>")[2]
    assert "sorts items into 2 classes" in text and "Adds strength to the first coordinate" in text
    assert "picture" not in text and "toy-" in text
    assert "Kinds of alteration that exist" not in text and paper.read_bytes().startswith(b"%PDF")
