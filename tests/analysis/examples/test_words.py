"""Items with nothing to look at are shown in words, in every medium, whatever their names hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from failscape.analysis.examples.base import Example, ExampleContext
from failscape.analysis.examples.presenter import Examples, Presenter
from failscape.analysis.examples.registry import examples_of, new_examples, presenter_for
from failscape.analysis.examples.remake import answers_of, name_of
from failscape.analysis.report.audit_rendering import write_html, write_pdf
from failscape.analysis.report.audit_wording import Section
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import make_mdp

HOSTILE = "<i>|*x*\x1b[31m"


@pytest.fixture(scope="module")
def mdp() -> ConceptMDP:
    return make_mdp()


def probes_of(mdp: ConceptMDP) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every item at the corner of the grid, as the records of a run hold it; and the items."""
    n = len(mdp.items)
    points = np.zeros((n, 2), np.int64)
    outcome = mdp.evaluate(mdp.at(np.arange(n), points))
    rows = pd.DataFrame({name: getattr(outcome, name) for name in ("failed", "predicted", "confidence", "output_text")})
    rows = rows.assign(item=np.arange(n), point=0, levels=[(0, 0)] * n, name=list(mdp.items.names))
    items = pd.DataFrame({"predicted": mdp.baseline.predicted, "failed": mdp.baseline.failed, "output_text": ""})
    return rows.assign(group=mdp.items.group), items


@pytest.fixture
def shown(mdp: ConceptMDP) -> Examples:
    rows, items = probes_of(mdp)
    return examples_of(rows[rows["failed"]], items, ExampleContext.of(mdp))


def hostile(shown: Examples) -> Examples:
    odd = Example(3, HOSTILE, 0, HOSTILE, HOSTILE, HOSTILE, HOSTILE, float("nan"), True)
    return Examples(shown.presenter, [odd])


def test_an_example_says_what_the_records_say(mdp: ConceptMDP, shown: Examples) -> None:
    assert 0 < len(shown) < len(mdp.items)
    for example in shown:
        item = mdp.items.names.index(example.name)
        assert example.probe == item and example.edit == "right -4, up -4"
        assert (example.group, example.answer_before, example.answer) == ("above", "above", "below")
        assert example.group == mdp.group_names[mdp.items.group[item]] and 0.5 <= example.score <= 1


def test_slices_keep_their_presenter(shown: Examples) -> None:
    assert isinstance(shown[:2], Examples) and shown[:2].presenter is shown.presenter and len(shown[:2]) == 2
    assert len(shown.at(0)) == len(shown) and not shown.at(1) and shown.at(1).html() == ""


def test_words_that_were_written_come_before_the_name_of_an_answer() -> None:
    rows = pd.DataFrame({"predicted": [0, 1], "output_text": [None, "a cat"]})
    assert answers_of(("cat", "dog"), rows) == ["cat", "a cat"] and name_of((), 7) == "7"


def test_pages_show_them_as_text(mdp: ConceptMDP, shown: Examples) -> None:
    page = shown.html(edits=True)
    assert page.count("<tr>") == len(shown) + 1 and "right -4, up -4" in page and "<b>below</b>" in page
    assert "right -4" not in shown.html() and shown.legend() == ""
    odd = hostile(shown)
    for html in (odd.html(edits=True), odd.presenter.case_html(odd)):
        assert "<i>" not in html and "&lt;i&gt;" in html and "–" in html
    levels = shown.presenter.levels_html(mdp.items, explorable(mdp), mdp.space)
    assert "Adds strength to the first coordinate. 0 changes nothing." in levels and "-4, -2, 0, 2, 4" in levels


def test_markdown_takes_nothing_for_its_own(shown: Examples) -> None:
    odd = hostile(shown)
    *_, row = odd.presenter.markdown(odd).splitlines()
    assert row.count("|") == 7 and "<i>" not in row and "\\*x\\*" in row and "\x1b" not in row
    assert odd.presenter.picture(odd) is None and odd.presenter.thumbnail(odd[0]) is None


def test_a_terminal_takes_nothing_for_its_own(mdp: ConceptMDP, shown: Examples, tmp_path: Path) -> None:
    presenter, (odd, *_) = shown.presenter, hostile(shown)
    now = mdp.evaluate(mdp.at(np.array([0]), np.zeros((1, 2), np.int64)))
    told = [*presenter.describe(odd), *presenter.describe_case(odd, HOSTILE, tmp_path)]
    told += presenter.now(ExampleContext.of(mdp), now)
    assert "\x1b" not in "".join(told) and told[-1].startswith("now      ")
    presenter.write(shown[0], tmp_path / "1.txt")
    assert (tmp_path / "1.txt").read_text().splitlines() == presenter.describe(shown[0])
    assert len(presenter.cells(odd)) == len(presenter.columns)


def test_an_audit_lists_them(mdp: ConceptMDP, shown: Examples, tmp_path: Path) -> None:
    sections = [Section("1", ["Here"], examples=shown, level=2)]
    write_html(tmp_path / "audit.html", "toy", sections)
    write_pdf(tmp_path / "audit.pdf", "toy", sections)
    assert shown[0].name in (tmp_path / "audit.html").read_text()
    assert (tmp_path / "audit.pdf").read_bytes().startswith(b"%PDF")
    assert shown.presenter.alterations(mdp.space)[0].startswith("right, 5 levels from -4 to 4: Adds strength")
    assert shown.presenter.untried(mdp.space) == []


def test_versions_stand_before_and_after(mdp: ConceptMDP) -> None:
    pairs = pd.DataFrame({"item": [0, 1, 2], "point": [0, -1, 24], "predicted_before": [0, 1, 0]})
    pairs = pairs.assign(predicted_after=1 - pairs["predicted_before"], confidence_after=[0.6, 0.9, 0.7])
    first, second = new_examples(mdp, mdp, pairs, 2)
    assert (first.name, first.edit, first.answer_before, first.answer) == ("toy-001", "unedited", "above", "below")
    assert (second.name, second.edit, second.score, second.probe) == ("toy-002", "right 4, up 4", 0.7, -1)
    assert not new_examples(mdp, mdp, pairs[:0], 2)


def test_a_presenter_overrides_what_it_has_more_to_show_of(mdp: ConceptMDP, shown: Examples) -> None:
    """As a family does whose examples are neither pictures before and after nor articles."""

    class Bars(type(shown.presenter)):  # type: ignore[misc]
        def picture(self, examples):
            return np.zeros((4, 4 * len(examples), 3), np.uint8)

    bars = Examples(Bars(), shown)
    picture = bars.presenter.picture(bars)
    assert picture is not None and Image.fromarray(picture).width == 4 * len(shown)
    assert isinstance(bars.presenter, Presenter) and bars.html() == shown.html()
    assert presenter_for(mdp.items) is shown.presenter
