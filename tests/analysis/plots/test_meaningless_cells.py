"""Where the edits leave no right answer: hatched, crossed out, counted, and never called a place without items."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.left_out import invalid_share, left_out
from failscape.analysis.plots.cells import cells
from failscape.analysis.plots.landscape import landscape_figure, landscape_picture
from failscape.analysis.plots.slices import slices_figure, strokes
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.still_charts import slices_picture
from failscape.analysis.report.facts import never_visited, tried
from failscape.common.label_rules import EVERY, INVALID, LabelRule
from failscape.concepts import ConceptSpace
from failscape.concepts.parsing import concept_space

ALL_LOST = LabelRule("rotation", 100, 180, EVERY, INVALID)
ONE_LOST = LabelRule("rotation", 40, 180, 0, INVALID)
ONE_CHANGED = LabelRule("rotation", -50, -40, 1, 2)
GRIDS = {
    1: ["rotation=-45,0,45,120"],
    2: ["rotation=-45,0,45,120", "darken=0.1,0.5"],
    3: ["rotation=-45,0,45,120", "darken=0.1,0.5", "contrast=0.5,1"],
}


def landscape_of(space: ConceptSpace) -> tuple[Landscape, pd.DataFrame, pd.DataFrame]:
    items = pd.DataFrame(
        {"group": np.arange(30) % 3, "failed": False, "score": 0.9, "held_out": np.arange(30) % 5 == 0}
    )
    item, point = (a.ravel() for a in np.meshgrid(np.arange(30), np.flatnonzero(space.exists)))
    valid = space.valid(space.point(point), items["group"].to_numpy()[item])
    item, point = item[valid], point[valid]
    failed = (point % 3 == 0) & (item % 2 == 0)
    probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0, "time": 0.0})
    probes = probes.assign(propensity=1 / space.n_points, cached=False)
    return Landscape.from_probes(probes, space, items=items, name="signs"), probes, items


def made(n_axes: int, *rules: LabelRule) -> Landscape:
    return landscape_of(concept_space(GRIDS[n_axes]).with_labels(rules, [0, 1, 2]))[0]


def test_the_summary_has_the_share_of_cells_without_a_right_answer() -> None:
    landscape = made(2, ALL_LOST, ONE_LOST, ONE_CHANGED)
    assert (
        landscape.summary()["invalid_share"] == pytest.approx(invalid_share(landscape.space)) == pytest.approx(8 / 24)
    )
    assert left_out(landscape.space) == (
        "8 of 24 cells left out: the edit leaves their class no right answer; "
        "2 of 24 cells judged by another class, which the edit makes right"
    )
    assert landscape.n_points == 6
    assert made(2, ONE_CHANGED).summary()["invalid_share"] == 0
    assert left_out(made(2, ONE_CHANGED).space).startswith("2 of 24 cells judged by another class")
    plain = made(2)
    assert plain.summary()["invalid_share"] == 0 and left_out(plain.space) == ""


@pytest.mark.parametrize("n_axes", [1, 2, 3])
def test_cells_say_where_there_is_no_right_answer(n_axes: int) -> None:
    drawn = cells(made(n_axes, ALL_LOST, ONE_LOST))
    assert drawn.meaningless.sum() == 2 ** (n_axes - 1) and not drawn.meaningless[:3].any()
    np.testing.assert_allclose(drawn.valid.mean(axis=tuple(range(1, n_axes))), [1, 1, 2 / 3, 0])
    assert "left out for 33\u00a0% of points and classes: the edit leaves no right answer" in drawn.note
    assert "hatched: for no class" in drawn.note and "without items" not in drawn.note
    hover = np.reshape(drawn.hover(), drawn.valid.shape)
    assert hover.ravel()[-1].endswith("the edit leaves no right answer")
    assert "not asked of 33\u00a0% of classes: no right answer" in hover[2].ravel()[0]
    assert "not asked" not in hover[0].ravel()[0]


def test_where_nothing_is_left_out_nothing_is_said() -> None:
    drawn = cells(made(2))
    assert drawn.note == "" and not drawn.meaningless.any()
    assert "hatched" not in cells(made(2, ONE_LOST)).note


def test_a_slice_of_classes_says_its_own() -> None:
    space = ConceptSpace(concept_space(GRIDS[1]).concepts).with_labels([ONE_LOST], [0, 1, 2])
    assert cells(landscape_of(space)[0]).valid.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3])


@pytest.mark.parametrize("n_axes", [2, 3])
def test_heat_maps_are_hatched_there_and_lattices_crossed(n_axes: int) -> None:
    landscape, plain = made(n_axes, ALL_LOST, ONE_LOST), made(n_axes)
    n_lost = 2 ** (n_axes - 1)
    assert len(slices_figure(landscape).layout.shapes) == n_lost * len(strokes(0, 0))
    assert not slices_figure(plain).layout.shapes
    names = [trace.name for trace in landscape_figure(landscape).data]
    assert "no right answer" in names and "no right answer" not in [t.name for t in landscape_figure(plain).data]
    crosses = landscape_figure(landscape).data[names.index("no right answer")]
    assert len(crosses.x) == n_lost
    patches = sum(len(axes.patches) for axes in slices_picture(landscape).axes)
    assert patches - sum(len(axes.patches) for axes in slices_picture(plain).axes) == n_lost
    for figure in (landscape_picture(landscape), slices_picture(landscape)):
        assert pixels(figure, 40).ndim == 3


def test_strokes_stay_in_their_cell_and_are_slanted() -> None:
    for stroke in strokes(3, 5):
        assert 2.5 <= stroke["x0"] < stroke["x1"] <= 3.5 and 4.5 <= stroke["y0"] < stroke["y1"] <= 5.5
        assert stroke["x1"] - stroke["x0"] == pytest.approx(stroke["y1"] - stroke["y0"])


def test_a_curve_leaves_the_point_out() -> None:
    figure = landscape_figure(made(1, ALL_LOST))
    assert np.isnan(figure.data[0].y[-1]) and not np.isnan(figure.data[0].y[:3]).any()
    assert pixels(landscape_picture(made(1, ALL_LOST)), 40).ndim == 3


def test_the_report_counts_them_apart_from_what_was_missed() -> None:
    landscape, probes, items = landscape_of(concept_space(GRIDS[2]).with_labels([ALL_LOST, ONE_LOST], [0, 1, 2]))
    facts = dict(tried(landscape, probes, items, 100))
    assert facts["left out"] == "8 of 24 cells left out: the edit leaves their class no right answer"
    assert facts["grid"].startswith("6 points") and "no items" not in facts["grid"]
    assert never_visited(landscape) == ([], 0)
    plain, probes, items = landscape_of(concept_space(GRIDS[2]))
    assert "left out" not in dict(tried(plain, probes, items, 100))
