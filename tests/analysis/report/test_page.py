"""The report is one page that needs nothing else, whatever a run holds."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from failscape.analysis.examples.registry import presenter_for
from failscape.analysis.examples.thumbnails import data_uri, thumbnail
from failscape.analysis.landscape.comparison import compare
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.minimal_edits import smallest_edits
from failscape.analysis.modes.search import find_modes
from failscape.analysis.modes.still_right import StillRight
from failscape.analysis.plots.discovery import discovery
from failscape.analysis.report.facts import headline, never_visited, search_facts, worst_points
from failscape.analysis.report.mode_table import mode_views
from failscape.analysis.report.page import write_report
from failscape.data.base import Skipped
from failscape.records.folder import RunFolder
from tests.support.modes import made_mode

HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a browser would fetch, and what a person would read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._silent = tag in ("script", "style")
        self.fetched += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def report(folder, made):
    """Writes the report of a made-up run and gives its HTML; keywords replace arguments."""

    def write(n_axes: int = 3, *, class_names=None, run_made=None, **more) -> str:
        run = run_made or made(n_axes)
        config = {"env": "failscape/Classifier-v0", "seed": 0, "data": HOSTILE}
        place = RunFolder.create(folder, "run", config, ["failscape", "train", "--data", HOSTILE])
        arguments = {
            "landscape": run.landscape,
            "probes": run.probes,
            "items": run.items,
            "examples": run.examples(class_names) if class_names else run.examples(),
            "levels": presenter_for(run.data).levels_html(run.data, np.arange(len(run.data)), run.space),
            "run": place,
            "target": "embedded:street-signs",
            "budget": 1500,
        }
        path = place / "report.html"
        write_report(path, **{**arguments, **more})
        assert path.stat().st_size < 20e6
        assert not list(place.path.glob("*.partial"))
        return path.read_text(encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def ordinary(report) -> str:
    return report()


def test_nothing_is_fetched(ordinary):
    page = Page(ordinary)
    assert {address.split(":")[0] for address in page.fetched if not address.startswith("#")} == {"data"}
    assert page.tags.count("script") == 4  # plotly once, and one for each of three charts


def test_sections_come_in_order(ordinary):
    ids = ["sentence", "modes", "worst", "landscape", "tried", "search", "repeat"]
    assert re.findall(r'<section id="(\w+)">', ordinary) == ids
    text = Page(ordinary).text
    for words in ("In one sentence", "Never visited", "failscape show", "Configuration", "torch"):
        assert words in text


def test_hostile_text_is_escaped(report, made):
    run = made(2)
    hostile = Landscape(**{**vars(run.landscape), "name": HOSTILE})
    html = report(
        run_made=run,
        class_names=(HOSTILE, "'\"><img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "&amp;"),
        landscape=hostile,
        target=HOSTILE,
        skipped=[Skipped(HOSTILE, HOSTILE)],
    )
    page = Page(html)
    assert HOSTILE not in html
    assert page.tags.count("script") == 4
    assert HOSTILE in page.text and "{{ 7 * 7 }}" in page.text
    assert not [address for address in page.fetched if address == "x"]


@pytest.mark.parametrize("n_axes", [1, 4])
def test_other_grids(report, n_axes):
    html = report(n_axes)
    assert ('id="slices-chart"' in html) == (n_axes > 1)
    assert ("averaged over the concepts that matter least" in html) == (n_axes == 4)


def test_a_run_without_failures(report, made):
    text = Page(report(run_made=made(2, 400, failing=False))).text
    assert "none of 400 edited ones" in text
    assert "No probe failed" in text


def test_a_run_without_probes(report, made):
    run = made(2)
    empty = run.probes[:0]
    landscape = Landscape.from_probes(empty, run.space)
    text = Page(report(run_made=run._replace(probes=empty, landscape=landscape), budget=None)).text
    assert "Nothing of embedded:street-signs has been tried yet." in text
    assert "not stated" in text
    assert not re.search(r"\bnan\b", text)


def test_headline_says_what_held_out_items_confirm_and_nothing_of_the_rest(made):
    landscape = made().landscape
    known = {"confirmed": True, "rate": 0.46, "low": 0.41, "high": 0.51, "share": 0.3, "n_items": 400}
    dark, other = (made_mode(np.array([0]), name=name, **known) for name in ("darken 0.5", "zoom 0.7"))
    doubtful = replace(other, confirmed=False)
    said = headline(landscape, "street-signs", [dark, doubtful], "signs").replace("\u00a0", " ")
    assert said.startswith("street-signs fails on ")
    assert said.endswith(
        ". Its confirmed failure mode is darken 0.5: 46 % (41–51) of held-out signs fail there, 30 % of the failures "
        "of a uniform edit."
    )
    assert "The first of its 2 confirmed failure modes is darken 0.5" in headline(landscape, "x", [dark, other])
    assert headline(landscape, "x").endswith("; no failure mode stands out.")
    assert headline(landscape, "x", [doubtful]).endswith("; held-out items confirm none of the failure modes found.")


def test_worst_points_carry_their_own_examples(made):
    run = made()
    points = worst_points(run.landscape, run.examples())
    assert [point.rank for point in points] == list(range(1, 11))
    assert all(point.low <= point.rate <= point.high for point in points)
    for point in points[:6]:
        assert 1 <= len(point.examples) <= 6
        assert {example.edit for example in point.examples} == {point.label}


def test_never_visited_are_named_and_counted(made):
    run = made()
    first, more = never_visited(run.landscape)
    assert run.space.label(run.space.grid()[1]) == first[0]
    assert len(first) + more == (run.landscape.table["visits"] == 0).sum()


def test_search_and_scan(report, ordinary, made):
    run = made(2)
    facts = dict(search_facts(discovery(run.probes, run.landscape), run.landscape))
    assert facts["found, against random"].endswith("times as many")
    scan = compare(run.landscape, made(2, seed=1).landscape)
    text = Page(report(2, scan=scan)).text
    assert "Agreement with an exhaustive scan" in text
    assert f"{scan.spearman:.3f}" in text
    assert "No exhaustive scan" in Page(ordinary).text


def test_doubts_and_the_learners_figures_are_shown(report, made):
    html = report(run_made=made(2), learner={"updates": 10, "breaks": "68 %"}, warnings=["trust <b>little</b>", "two"])
    assert html.count('class="warning"') == 2 and "trust &lt;b&gt;little" in html
    assert "<td>68 %</td>" in html
    assert 'class="warning"' not in report(run_made=made(2))


def test_thumbnails_are_small_and_small_pictures_exact():
    big = np.zeros((1200, 600, 3), np.uint8)
    assert thumbnail(big).size == (112, 224)
    assert data_uri(big).startswith("data:image/jpeg;base64,")
    assert data_uri(big[:64, :64]).startswith("data:image/png;base64,")


def test_the_page_draws_and_turns(ordinary, browser, tmp_path):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    path = tmp_path / "report.html"
    path.write_text(ordinary, encoding="utf-8")
    browser.get(path.as_uri())
    state = "return document.querySelectorAll('#landscape-chart canvas').length"
    WebDriverWait(browser, 60).until(lambda b: b.execute_script(state))
    eye = "return document.getElementById('landscape-chart')._fullLayout.scene.camera.eye.x"
    before = browser.execute_script(eye)
    canvas = browser.find_element("css selector", "#landscape-chart canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    drag = ActionChains(browser).move_to_element_with_offset(canvas, -80, -200)
    drag.click_and_hold().move_by_offset(60, 0).move_by_offset(60, 0).release().perform()
    WebDriverWait(browser, 30).until(lambda b: b.execute_script(eye) != before)
    wide = browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert wide, "nothing runs over the side"
    assert "sendChartToCloud" not in browser.execute_script("return document.body.querySelector('.modebar').outerHTML")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    requests = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {r["params"]["request"]["url"] for r in requests if r["method"] == "Network.requestWillBeSent"}
    assert not [url for url in urls if url.startswith(("http", "ws"))]


def test_a_walk_is_reported_by_its_smallest_edits(report, made):
    run = made()
    smallest = smallest_edits(run.probes, run.space, np.full(3, -1))
    page = report(smallest=smallest, least=run.examples())
    assert re.findall(r'<section id="(\w+)">', page) == [
        "sentence",
        "smallest",
        "landscape",
        "tried",
        "search",
        "repeat",
    ]
    text = Page(page).text
    assert (
        "by edits of" in text
        and smallest.table["edit"].iloc[0] in text
        and "levels moved, by concept" in text
        and "% lie between " in text
    )


def test_modes_are_told_with_how_sure_each_is(report, made):
    run = made(3, 4000)
    modes = find_modes(run.landscape, run.probes, run.items, ("<b>", "b", "c", "d"))
    views = mode_views(modes, run.probes, run.items, run.context(("<b>", "b", "c", "d")))
    text = Page(report(modes=views)).text
    for view in views:
        assert view.mode.name in text and view.verdict in text and view.mildest in text


def test_what_people_said_of_right_answers_stands_with_its_mode(report, made):
    run = made(3, 4000)
    (mode, *_) = find_modes(run.landscape, run.probes, run.items, ("a", "b", "c", "d"))
    lost, kept = StillRight(2, 3, 0, 3, 3, True, 0.25), StillRight(1, 2, 2, 0, 0, False, float("nan"))
    modes = [replace(mode, still_right=said) for said in (lost, kept, None)]
    text = Page(report(modes=mode_views(modes, run.probes, run.items, run.context()))).text
    assert text.count("under this rule and") == 2 and "Nobody was asked" not in text
    assert "Two people looked at 3 groups of items under this rule and would still call them the same in none." in text
    assert "Krippendorff's alpha of what they said: 0.25 (3 groups seen by more than one)." in text
    assert "One person looked at 2 groups of items under this rule and would still call them the same in all." in text
    doubted = "People would no longer call these items by their class: the edit may change the right answer."
    assert text.count(doubted) == 1
