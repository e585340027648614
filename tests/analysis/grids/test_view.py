"""Grids as they are looked at: products with several axes without order, points that do not exist, kinds of a user."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.grids.boxes import inside
from failscape.analysis.grids.choice_view import ChoiceView
from failscape.analysis.grids.product_view import ProductView
from failscape.analysis.grids.view import register_view, view_of
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.risk import risk
from failscape.analysis.landscape.usage import usage_distribution
from failscape.analysis.modes.box_scan import log_share, whole_choices
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.rule import rule_of
from failscape.analysis.modes.rule_name import rule_name
from failscape.analysis.modes.search import find_modes
from failscape.analysis.plots.cells import cells
from failscape.analysis.plots.landscape import landscape_figure, landscape_picture
from failscape.analysis.plots.lattice import lattice_figure
from failscape.analysis.plots.slices import cell_texts, slices_figure
from failscape.analysis.plots.still import lattice_picture, pixels
from failscape.analysis.plots.still_charts import slices_picture
from failscape.analysis.report.facts import never_visited, tried
from failscape.analysis.report.mode_table import mildest
from failscape.analysis.tensorboard.mesh import landscape_mesh
from failscape.concepts import Concept, ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis
from failscape.errors import UsageError

PROMPTS = ("count", "colour", "place", "size", "shape")


class Column(Concept):
    """A column that says which rows: by name, or by number."""

    unit, identity, limits, default_levels = "", None, (-np.inf, np.inf), (0.0,)
    selects = True

    def __init__(self, name: str, levels: list[Any]) -> None:
        named = isinstance(levels[0], str)
        self.name, self.categorical, self.names = name, named, levels  # type: ignore[misc]
        super().__init__(list(range(len(levels))) if named else levels)

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        return inputs

    def label(self, level: int) -> str:
        return f"{self.name} {self.names[level]}"


AXES = (Column("prompt", list(PROMPTS)), Column("style", ["photo", "sketch", "paint"]), Column("count", [1, 2, 3, 5]))
ROWS = ConceptSpace(AXES)


def box(*axes: tuple[int, int], space: ConceptSpace = ROWS) -> np.ndarray:
    return np.flatnonzero(inside(np.array(axes), space.shape))


def probed(space: ConceptSpace, failing: np.ndarray, n: int = 60, rate: float = 0.9) -> tuple[Landscape, Any, Any]:
    """``n`` items at every point that exists, which fail at some of them and rarely elsewhere."""
    rng = np.random.default_rng(0)
    item, point = (a.ravel() for a in np.meshgrid(np.arange(n), np.flatnonzero(space.exists)))
    failed = rng.random(len(item)) < np.where(np.isin(point, failing), rate, 0.02)
    probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0})
    probes = probes.assign(propensity=1 / space.n_points, cached=False)
    items = pd.DataFrame({"group": np.arange(n) % 2, "failed": np.arange(n) == 7, "score": 0.9, "held_out": False})
    return Landscape.from_probes(probes, space, items=items, name="rows"), probes, items


def modes(space: ConceptSpace, failing: np.ndarray, n: int = 60) -> list[Mode]:
    return find_modes(*probed(space, failing, n))


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (box((0, 0), (0, 2), (0, 0)), "prompt = count and count = 1"),
        (box((1, 1), (2, 2), (1, 2)), "prompt = colour and style = paint and count 2 to 3"),
        (box((0, 4), (0, 2), (2, 3)), "count 3 to 5"),
        (np.concatenate([box((k, k), (0, 2), (0, 3)) for k in (0, 3)]), "prompt = count or size"),
        (np.concatenate([box((k, k), (0, 2), (0, 3)) for k in (0, 1, 3, 4)]), "prompt other than place"),
        (box((0, 4), (0, 2), (0, 3)), "everywhere"),
    ],
)
def test_names_of_levels_without_order(points: np.ndarray, name: str) -> None:
    assert rule_name(ROWS, rule_of(ROWS, points)) == name


def test_many_levels_are_named_one_by_one() -> None:
    space = ConceptSpace([Column("place", [f"p{k}" for k in range(9)]), AXES[2]])
    points = np.concatenate([box((k, k), (0, 3), space=space) for k in (0, 3, 4, 6, 8)])
    assert rule_name(space, rule_of(space, points)) == "place = p0, p3, p4, p6 or p8"


@pytest.mark.parametrize("n", [60, 6])
def test_a_cause_on_one_axis_is_one_finding(n: int) -> None:
    """Where points speak for themselves, and where only boxes do; not one finding for each level of the others."""
    found = modes(ROWS, box((3, 3), (0, 2), (0, 3)), n)
    assert [mode.name for mode in found] == ["prompt = size"]
    found = modes(ROWS, box((0, 4), (1, 1), (2, 3)), n)
    assert [mode.name for mode in found] == ["style = sketch and count 3 to 5"]
    assert mildest(found[0], ROWS) == "", "nothing is edited"


def test_what_lies_beside_what() -> None:
    neighbours = view_of(ROWS).neighbours(np.zeros(ROWS.n_points))
    levels = ROWS.grid()
    apart = levels[:, None] != levels[None]
    near = (apart.sum(axis=2) == 1) & (
        apart[..., :2].any(axis=2) | (np.abs(levels[:, None] - levels[None])[..., 2] == 1)
    )
    for row in range(ROWS.n_points):
        assert sorted(neighbours[row][neighbours[row] >= 0]) == np.flatnonzero(near[row]).tolist()
    classes = ConceptSpace([GroupAxis({"a": 0, "b": 1}), *AXES[:2]])
    assert view_of(classes).whole_axes == (False, True, True), "groups are looked at one by one"


def test_the_shares_of_all_boxes_are_the_level() -> None:
    ends = [[(a, b) for a in range(n) for b in range(a, n)] for n in ROWS.shape]
    boxes = [np.array([one, two, three]) for one in ends[0] for two in ends[1] for three in ends[2]]
    assert sum(np.exp(log_share(ROWS, each)) for each in boxes) == pytest.approx(1)
    assert whole_choices((True, False, True)) == [
        *((False, False, False), (True, False, False)),
        *((False, False, True), (True, False, True)),
    ]
    assert len(whole_choices((True,) * 6)) == 8


def test_charts_name_levels_and_feign_no_order() -> None:
    landscape, *_ = probed(ROWS, box((3, 3), (0, 2), (0, 3)))
    (chart,) = view_of(ROWS).charts
    assert chart.in_pages and "Every cell" in chart.about and view_of(ROWS).solids(landscape) is None
    figure = landscape_figure(landscape)
    assert [note.text for note in figure.layout.annotations][:5] == [f"prompt {name}" for name in PROMPTS]
    assert list(figure.data[0].y) == ["photo", "sketch", "paint"] and list(figure.data[0].x) == ["1", "2", "3", "5"]
    turned = ConceptSpace([AXES[2], AXES[0]])
    landscape, *_ = probed(turned, np.array([3]))
    assert list(landscape_figure(landscape).layout.xaxis.ticktext) == list(PROMPTS)
    ticks = slices_picture(landscape).axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == list(PROMPTS) and ticks[0].get_rotation() == 30


def test_a_single_axis_without_order_is_no_curve() -> None:
    landscape, *_ = probed(ConceptSpace(AXES[:1]), np.array([3]))
    figure = landscape_figure(landscape)
    assert figure.data[0].mode == "markers" and list(figure.layout.xaxis.ticktext) == list(PROMPTS)
    axes = landscape_picture(landscape).axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list(PROMPTS) and not axes.lines


def test_of_many_levels_without_order_the_worst_get_a_panel() -> None:
    space = ConceptSpace([Column("place", [f"p{k}" for k in range(20)]), AXES[2], AXES[1]])
    landscape, *_ = probed(space, box((11, 11), (0, 3), (0, 2), space=space), n=10)
    titles = [note.text for note in slices_figure(landscape).layout.annotations]
    assert "place p11" in titles and len(slices_figure(landscape).data) == 9


GAPS = ConceptSpace(AXES, missing=[*box((0, 0), (0, 0), (0, 3)), *box((2, 2), (0, 2), (0, 0)), 40])


def test_what_does_not_exist_is_no_rate_of_zero() -> None:
    landscape, *_ = probed(GAPS, box((3, 3), (0, 2), (0, 3)))
    assert landscape.coverage == 1 and landscape.n_points == 60 - 8 == len(landscape.to_frame())
    assert landscape.table["smoothed"].isna().to_numpy().tolist() == (~GAPS.exists).tolist()
    assert never_visited(landscape) == ([], 0)
    told = dict(tried(landscape, pd.DataFrame(), pd.DataFrame({"held_out": [False]}), None))
    assert told["grid"] == "52 points: 5 of prompt × 3 of style × 4 of count; 8 more combinations have no items"


def test_charts_leave_out_what_does_not_exist() -> None:
    landscape, *_ = probed(GAPS, box((3, 3), (0, 2), (0, 3)))
    whole, *_ = probed(ROWS, box((3, 3), (0, 2), (0, 3)))
    cube, heat = lattice_figure(landscape), slices_figure(landscape)
    assert sum(len(trace.x) for trace in cube.data if trace.marker.coloraxis == "coloraxis") == 52
    assert sum(np.isnan(np.array(trace.z, float)).sum() for trace in heat.data) == 8
    assert all("left out: combinations without items" in figure.layout.title.text for figure in (cube, heat))
    assert any("no items" in text for trace in heat.data for text in np.ravel(trace.customdata))
    assert (cell_texts(cells(landscape), 0)[0] == "").all()
    assert len(landscape_mesh(whole).vertices) - len(landscape_mesh(landscape).vertices) == 8 * 6
    for picture in (lattice_picture(landscape), slices_picture(landscape)):
        assert pixels(picture, 40).shape[2] == 3
    four = ConceptSpace([*AXES, Column("room", ["in", "out"])], missing=[0])
    assert np.isfinite(cells(probed(four, np.array([5]))[0]).smoothed).all(), "means are of what exists"


@pytest.mark.parametrize("n", [60, 6])
def test_modes_hold_what_exists(n: int) -> None:
    (mode,) = modes(GAPS, box((0, 0), (0, 2), (0, 3)), n)
    assert mode.name == "prompt = count" and GAPS.exists[mode.points].all() and len(mode.points) == 8


def test_in_use_only_what_exists_occurs() -> None:
    use = {"prompt": "levels(1,0,0,0,0)", "style": "levels(2,1,1)", "count": "levels(1,1,1,1)"}
    landscape, probes, _ = probed(GAPS, box((0, 0), (0, 2), (0, 3)))
    weights = usage_distribution(GAPS, use)
    assert weights.sum() == pytest.approx(1) and not weights[~GAPS.exists].any() and (weights > 0).sum() == 8
    assert 0.8 < risk(landscape, weights, probes)[0] < 1
    with pytest.raises(UsageError, match="has nothing where this use lies"):
        usage_distribution(GAPS, use | {"style": "levels(1,0,0)"})


def test_a_kind_of_grid_brings_its_own_view() -> None:
    class Plain(ConceptSpace):
        pass

    @dataclass(frozen=True)
    class PlainView(ProductView):
        @property
        def size(self) -> str:
            return "as large as it is"

    assert isinstance(view_of(Plain(AXES)), ProductView), "that of its base"
    register_view(Plain, PlainView)
    assert view_of(Plain(AXES)).size == "as large as it is" and view_of(ROWS).size.startswith("5 of prompt")
    assert isinstance(view_of(concept_space("text")), ChoiceView)


def test_a_grid_knows_what_it_edits() -> None:
    mixed = concept_space(["rotation=0,5", "darken=0,0.5"])
    space = ConceptSpace([GroupAxis({"a": 0}), AXES[2], *mixed.concepts])
    assert [edit.name for edit in space.edits] == ["rotation", "darken"] and ROWS.edits == ()
    assert space.label_effect(space.grid()).tolist() == ["preserved"] * space.n_points
    assert concept_space(GAPS_DESCRIBED).missing == (1,)


GAPS_DESCRIBED = ConceptSpace(concept_space(["rotation=0,5", "darken=0,0.5"]).concepts, missing=[1]).describe()


def test_a_grid_of_nothing_is_refused() -> None:
    for missing in ([60], [-1], range(60)):
        with pytest.raises(UsageError, match="cannot be missing from a grid of 60 points"):
            ConceptSpace(AXES, missing=list(missing))
