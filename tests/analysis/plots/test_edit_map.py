"""The map of a grid of edits: every cell is its point, the worst edit on top."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.examples.text_levels import edit_strips, passage
from failscape.analysis.landscape.choice_table import by_pair, by_strength, charted
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.edit_map import cell_texts, edit_map_figure, edit_map_picture
from failscape.analysis.plots.landscape import landscape_figure, landscape_picture
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.style import tick_texts
from failscape.analysis.report.facts import rate_rows, tried
from failscape.concepts import concept_space

EDITS = ["lower-case", "negate", "word-order"]


def landscape(pairs: bool, worst: int = 2, unseen: int | None = None) -> Landscape:
    """Forty probes of each point; one edit fails the more the stronger it is, alone and as the first of two."""
    space = concept_space({"edits": EDITS, "pairs": pairs})
    item, point = (a.ravel() for a in np.meshgrid(np.arange(40), np.arange(space.n_points)))
    rows = space.point(point)
    failed = (rows[:, 0] == worst) & (item < 10 * rows[:, -1])
    probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0})
    probes = probes.assign(propensity=1 / space.n_points, cached=False)
    return Landscape.from_probes(probes[probes["point"] != unseen], space, name="<b>map")


def test_every_cell_is_its_point() -> None:
    land = landscape(False)
    rates = by_strength(land)
    assert rates.rows[0] == "word-order" and rates.columns == ("1", "2", "3", "4") and rates.smoothed.shape == (3, 4)
    for index, point in np.ndenumerate(rates.points):
        assert rates.labels[index] == land.label(point) and rates.smoothed[index] == land.table["smoothed"][point]
    np.testing.assert_allclose(rates.alone[0], [0, 0.25, 0.5, 0.75])
    assert (rates.alone_low <= rates.alone).all() and (rates.alone <= rates.alone_high).all()
    assert not rates.unsure.any() and set(cell_texts(rates)[0]) == {f"{100 * rate:.0f}" for rate in rates.smoothed[0]}


def test_pairs_are_a_matrix_at_the_worst_strength() -> None:
    land = landscape(True)
    rates = by_pair(land)
    assert rates.rows[0] == "word-order" and rates.columns == ("nothing", *rates.rows)
    assert all("100 %" in label for label in rates.labels[0]) and (rates.alone[0] == 0.75).all()
    assert rates.labels[0, 0] == "word-order 100 %" and rates.labels[0, 2].startswith("word-order 100 %, ")
    assert by_strength(land).smoothed.shape == (3, 4) and charted(land).smoothed.shape == (3, 4)


def test_two_maps_can_be_in_one_order() -> None:
    before, after = landscape(False, 2), landscape(False, 0)
    assert by_strength(after).rows[0] == "lower-case" and by_strength(after, before).rows == by_strength(before).rows


@pytest.mark.parametrize("pairs", [False, True])
def test_charts_hold_the_rates_and_escape_names(pairs: bool) -> None:
    land = landscape(pairs, unseen=1)
    figure = landscape_figure(land)
    assert figure == edit_map_figure(land)
    (heat,) = figure.data
    np.testing.assert_allclose(np.array(heat.z, float), 100 * charted(land).smoothed)
    assert "&lt;b&gt;map" in figure.layout.title.text
    hover = "".join(np.ravel(heat.customdata))
    assert "failures in 40 probes" in hover and (pairs or "never visited" in hover)  # pairs show the worst strengths
    assert pixels(landscape_picture(land)).shape[2] == 3 and edit_map_picture(land, land).axes


def test_what_was_never_tried_is_marked() -> None:
    rates = by_strength(landscape(False, unseen=1))
    cells = rate_rows(rates)[list(rates.rows).index("lower-case")]["cells"]
    assert cells[1]["visits"] == 0 and np.isnan(cells[1]["rate"]) and cells[1]["strength"] == "50 %"
    assert cell_texts(rates)[list(rates.rows).index("lower-case")][1].endswith("?")


def test_the_grid_is_told_as_edits() -> None:
    items = pd.DataFrame({"held_out": [False, True]})
    for pairs, words in ((False, "3 edits × 4 strengths"), (True, "3 edits × 3 more or nothing × 4 strengths")):
        land = landscape(pairs)
        told = dict(tried(land, pd.DataFrame(), items, 100, "articles"))
        assert words in told["grid"] and told["articles"] == "1 explored, 1 held out"
    assert tick_texts(land.space.concepts[1]) == ["nothing", *EDITS]


def test_strips_show_every_strength_on_a_passage_where_there_is_something_to_do() -> None:
    articles = np.array([["no capitals here at all.", ""], ["Fire in Town. It was not out by noon.", "Fire."]], object)
    space = concept_space({"edits": EDITS})
    strips = edit_strips(articles, np.array([4, 9]), space)
    assert [strip.edit for strip in strips] == EDITS and [len(strip.rows) for strip in strips] == [4, 4, 4]
    assert strips[0].rows[0][0] == "25 %" and not strips[0].is_idle and "reference stays right" in strips[0].meaning
    last = "".join(piece.text for piece in strips[0].rows[-1][1] if piece.kind != "removed")
    assert " ".join(last.split()) == "fire in town. it was not out by noon."
    assert edit_strips(articles[:0], np.array([]), space) == []


def test_a_passage_ends_with_a_sentence() -> None:
    assert passage("One two. Three four! Five six.", 3) == "One two. Three four!"
    assert passage("", 3) == "" and len(passage("word " * 500).split()) == 64


def sliced(pairs: bool = False) -> Landscape:
    """Forty probes of each point; one edit fails on the articles of one topic."""
    space = concept_space({"edits": EDITS, "pairs": pairs, "groups": {"topic": {"fire": 0, "theft": 1}}})
    item, point = (a.ravel() for a in np.meshgrid(np.arange(40), np.arange(space.n_points)))
    rows = space.point(point)
    failed = (rows[:, 0] == 1) & (rows[:, 1] == 2) & (item < 10 * rows[:, -1])
    probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0})
    return Landscape.from_probes(probes.assign(propensity=1 / space.n_points, cached=False), space, name="sliced")


@pytest.mark.parametrize("pairs", [False, True])
def test_where_the_agent_chose_whose_articles_each_group_is_a_column(pairs: bool) -> None:
    land = sliced(pairs)
    rates = charted(land)
    assert rates.rows[0] == "word-order" and rates.columns == ("fire", "theft") and rates.smoothed.shape == (3, 2)
    assert rates.labels[0, 1].startswith("topic theft, word-order 100 %") and rates.alone[0, 1] == 0.75
    assert rates.alone[0, 0] == 0 and not rates.alone[1:].any()
    assert rate_rows(rates)[0]["cells"][1]["strength"].startswith("100 %")
    assert "edit and topic" in landscape_figure(land).layout.title.text
    assert landscape_picture(land).axes[0].get_xticklabels()[1].get_text() == "theft"
