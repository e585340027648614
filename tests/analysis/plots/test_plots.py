"""The pictures show the landscape's numbers, on one scale."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.examples.image_sheet import examples_sheet
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import cells, main_axes
from failscape.analysis.plots.discovery import discovery, discovery_figure
from failscape.analysis.plots.landscape import landscape_figure, landscape_picture
from failscape.analysis.plots.slices import slices_figure
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.still_charts import discovery_picture, slices_picture
from failscape.analysis.plots.style import CONFIG, SCALE, colours
from failscape.common.format import count, interval, percent
from failscape.concepts.parsing import concept_space


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "0 %"),
        (0.0004, "< 0.1 %"),
        (0.031, "3.1 %"),
        (0.2249, "22 %"),
        (0.994, "99.4 %"),
        (1, "100 %"),
        (np.nan, "–"),
    ],
)
def test_percent(rate, text):
    assert percent(rate) == text.replace(" ", "\u00a0")


def test_interval_and_count():
    assert interval(0.68, 0.7449) == "68–74"
    assert count(20000) == "20,000"


def test_darker_is_worse_in_grey_too():
    rgb = SCALE(np.linspace(0, 1, 50))[:, :3]
    luminance = rgb @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < 0).all()
    assert luminance[0] < 0.95, "zero must stand out from white paper"
    assert colours(np.array([np.nan]))[0].tolist() == [191, 191, 191]


def test_cells_of_three_axes_are_the_landscape(made):
    landscape = made().landscape
    drawn = cells(landscape)
    assert drawn.averaged == ()
    np.testing.assert_array_equal(drawn.smoothed, landscape.values("smoothed"))
    np.testing.assert_array_equal(drawn.unsure[landscape.values("visits") == 0], True)
    assert "never visited" in drawn.hover()[1]
    assert "rotation -10°, darken 0.1, saturation 0.5" in drawn.hover()[0]


def test_cells_of_four_axes_average_over_the_least_telling_one(made):
    landscape = made(4).landscape
    spread = [np.ptp(landscape.slice_rates(axis)["smoothed"]) for axis in range(4)]
    left_out = int(np.argmin(spread))
    assert main_axes(landscape) == tuple(axis for axis in range(4) if axis != left_out)
    drawn = cells(landscape)
    assert drawn.averaged == (landscape.space.names[left_out],)
    np.testing.assert_allclose(drawn.smoothed, landscape.values("smoothed").mean(axis=left_out))
    np.testing.assert_array_equal(drawn.visits, landscape.values("visits").sum(axis=left_out))
    assert (drawn.low <= drawn.smoothed).all() and (drawn.smoothed <= drawn.high).all()
    assert drawn.averaged[0] in landscape_figure(landscape).layout.title.text


@pytest.mark.parametrize(("n_axes", "kind"), [(1, "scatter"), (2, "scatter"), (3, "scatter3d"), (4, "scatter3d")])
def test_landscape_figure_draws_every_cell_once(made, n_axes, kind):
    landscape = made(n_axes).landscape
    drawn = cells(landscape)
    figure = landscape_figure(landscape)
    coloured = [trace for trace in figure.data if trace.marker.coloraxis == "coloraxis"]
    assert {trace.type for trace in figure.data} == {kind}
    assert sum(len(trace.x) for trace in coloured) == drawn.smoothed.size
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 100)
    shown = np.sort(np.concatenate([trace.marker.color for trace in coloured]))
    np.testing.assert_allclose(shown, np.sort(100 * drawn.smoothed.ravel()))


def test_unsure_points_are_hollow_and_small(made):
    landscape = made().landscape
    drawn = cells(landscape)
    full, hollow, holes, legend = landscape_figure(landscape).data
    assert len(hollow.x) == len(holes.x) == drawn.unsure.sum() > 0
    assert holes.marker.color == "white"
    assert (holes.marker.size < hollow.marker.size).all()
    assert hollow.marker.size.max() < full.marker.size.max()
    assert "30 points" in legend.name


def test_axes_carry_units_and_levels(made):
    scene = landscape_figure(made().landscape).layout.scene
    assert scene.xaxis.title.text == "rotation [deg]"
    assert list(scene.xaxis.ticktext) == ["-10", "-5", "0", "5", "10"]
    assert list(scene.yaxis.ticktext) == ["0.1", "0.2", "0.3", "0.4", "0.5"]


def test_slices_show_the_smoothed_rates(made):
    landscape = made().landscape
    figure = slices_figure(landscape)
    np.testing.assert_allclose(np.stack([trace.z for trace in figure.data]), 100 * landscape.values())
    assert figure.layout.coloraxis.cmax == 100
    doubts = sum(str(text).endswith("?") for trace in figure.data for text in np.ravel(trace.text))
    assert doubts == cells(landscape).unsure.sum()


@pytest.mark.parametrize(("n_axes", "n_panels"), [(1, 1), (2, 1), (3, 5)])
def test_slices_have_a_panel_per_level(made, n_axes, n_panels):
    assert len(slices_figure(made(n_axes).landscape).data) == n_panels


def test_long_axes_are_thinned():
    space = concept_space([f"rotation={','.join(map(str, range(-30, 31)))}", "darken", "saturation"])
    landscape = Landscape.from_probes(nothing(), space)
    assert len(slices_figure(landscape).data) == 9
    assert len(landscape_figure(landscape).layout.scene.xaxis.ticktext) <= 12


def test_discovery_counts_each_failure_once(made):
    run = made()
    curve = discovery(run.probes, run.landscape)
    failing = run.probes[run.probes["failed"]]
    assert curve.found[-1] == len(failing.drop_duplicates(["item", "point"]))
    assert curve.queries[-1] == (~run.probes["cached"]).sum()
    assert (np.diff(curve.found) >= 0).all()
    assert (curve.low <= curve.expected).all() and (curve.expected <= curve.high).all()
    assert len(curve.queries) <= 401
    assert curve.lift > 1.1, "probes prefer points that fail"


def test_discovery_band_holds_what_random_edits_find():
    """Of uniform searches, about 95 % end within the band."""
    space = concept_space("rotation=-20,-10,0,10,20")
    rates = np.array([0.6, 0.3, 0.1, 0.3, 0.6])
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        point = rng.integers(0, 5, 400)
        columns = {"item": np.arange(400), "point": point, "failed": rng.random(400) < rates[point], "cached": False}
        probes = pd.DataFrame(columns)
        curve = discovery(probes, known_landscape(space, rates))
        inside += curve.low[-1] <= curve.found[-1] <= curve.high[-1]
    assert inside >= 184


def known_landscape(space, rates) -> Landscape:
    table = pd.DataFrame({"visits": 1, "rate": rates, "low": rates, "high": rates})
    return Landscape(space, table, 1, 1, float("nan"), 0)


def nothing() -> pd.DataFrame:
    columns = ["item", "point", "severity", "propensity"]
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    return empty.assign(failed=pd.Series(dtype=bool), cached=pd.Series(dtype=bool))


def test_nothing_tried_yet_can_be_drawn():
    probes = nothing()
    landscape = Landscape.from_probes(probes, concept_space("fsrl"))
    assert all(cells(landscape).unsure.ravel())
    assert np.isnan(discovery(probes, landscape).lift)
    for figure in (landscape_picture(landscape), slices_picture(landscape), discovery_picture(probes, landscape)):
        assert len(np.unique(pixels(figure, 40).reshape(-1, 3), axis=0)) > 10
    assert landscape_figure(landscape).data
    assert discovery_figure(probes, landscape).data


@pytest.mark.parametrize("n_axes", [1, 2, 3, 4])
@pytest.mark.parametrize("draw", [landscape_picture, slices_picture])
def test_stills_draw(made, n_axes, draw):
    picture = pixels(draw(made(n_axes).landscape), 40)
    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 60


def test_stills_repeat(made):
    first, second = (pixels(landscape_picture(made(1).landscape), 40) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_sheet_of_examples(made):
    shown = made().examples(("<b>$x$</b>", "a very long class name that would run over its neighbour", "c", "d"))
    picture = pixels(examples_sheet(shown), 40)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
    assert pixels(examples_sheet(shown[:1]), 40).shape[1] < picture.shape[1]


def test_hostile_names_stay_text(made):
    landscape = made().landscape
    hostile = Landscape(**{**vars(landscape), "name": "<script>alert(1)</script> $a_"})
    for figure in (landscape_figure(hostile), slices_figure(hostile), discovery_figure(made().probes, hostile)):
        assert "&lt;script&gt;" in figure.layout.title.text
        assert "<script>" not in figure.layout.title.text
    pixels(landscape_picture(hostile), 40)


def test_no_button_uploads_a_chart(made):
    html = landscape_figure(made().landscape).to_html(include_plotlyjs=False, config=dict(CONFIG))
    assert '"modeBarButtonsToRemove": ["sendChartToCloud"' in html
