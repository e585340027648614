"""The grid: its arithmetic, its order of edits, and how it is written down and read back."""

import json

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts import Concept, ConceptSpace, concept_space
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.images.rotation import Rotation
from failscape.concepts.images.tone import Darken, Saturation
from failscape.concepts.parsing import Recorded
from failscape.concepts.space import UNEDITED
from failscape.concepts.text import TEXT_CONCEPTS
from failscape.data.batch import Images
from failscape.errors import UsageError


def as_batch(images: torch.Tensor) -> Images:
    return Images(images, torch.zeros(len(images), dtype=torch.int64))


def recorded_space(shape: tuple[int, ...]) -> ConceptSpace:
    return ConceptSpace([Recorded(f"axis{i}", "", None, np.arange(n, dtype=float)) for i, n in enumerate(shape)])


SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


@given(shape=SHAPES)
@settings(max_examples=50, deadline=None)
def test_index_and_point_undo_each_other_over_the_grid(shape: tuple[int, ...]) -> None:
    space = recorded_space(shape)
    grid = space.grid()
    assert grid.shape == (space.n_points, len(shape)) and space.n_points == np.prod(shape)
    assert len({tuple(point) for point in grid.tolist()}) == space.n_points
    np.testing.assert_array_equal(space.index(grid), np.arange(space.n_points))
    np.testing.assert_array_equal(space.point(np.arange(space.n_points)), grid)


@given(shape=SHAPES)
@settings(max_examples=50, deadline=None)
def test_coordinates_fill_minus_one_to_one(shape: tuple[int, ...]) -> None:
    space = recorded_space(shape)
    coordinates = space.coordinates(space.grid())
    assert coordinates.dtype == np.float32 and coordinates.shape == (space.n_points, len(shape))
    for axis, n_levels in enumerate(shape):
        expected = np.linspace(-1, 1, n_levels) if n_levels > 1 else np.zeros(1)
        np.testing.assert_allclose(np.unique(coordinates[:, axis]), expected, atol=1e-6)
    assert not space.coordinates(np.full((1, len(shape)), UNEDITED)).any()


def test_the_last_concept_is_fastest() -> None:
    space = recorded_space((2, 3))
    assert space.grid().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_points_count_beyond_64_bits() -> None:
    assert recorded_space((1000,) * 7).n_points == 10**21


def test_unedited_is_no_point_of_the_grid() -> None:
    space = recorded_space((2, 3))
    assert space.index(np.array([[-1, -1], [1, -1], [1, 2]])).tolist() == [-1, -1, 5]
    assert np.isnan(space.strengths(np.array([[-1, -1]]))).all()
    inputs = torch.arange(4)
    batch = as_batch(inputs)
    assert space.apply(batch, np.full((4, 2), UNEDITED)) is batch
    assert space.label(np.array([-1, -1])) == "unedited"


def test_fsrl_is_the_grid_of_the_paper() -> None:
    space = concept_space("fsrl")
    assert space.names == ("rotation", "darken", "saturation") and space.shape == (5, 5, 5)
    for i, j, k in [(0, 0, 0), (1, 2, 3), (4, 0, 4), (4, 4, 4)]:
        assert space.index(np.array([[i, j, k]]))[0] == 25 * i + 5 * j + k
    strengths = space.strengths(space.point(np.array([25 * 1 + 5 * 2 + 3])))
    np.testing.assert_array_equal(strengths, [[-5, 0.3, 0.65]])


def test_fsrl_rotates_then_saturates_then_darkens() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (5, 3, 20, 30), dtype=torch.uint8, generator=generator)
    space = concept_space("fsrl")
    points = np.array([[0, 4, 0], [1, 3, 1], [2, 2, 2], [3, 1, 3], [4, 0, 4]])
    edited = space.apply(as_batch(images), points).pixels
    angles, darks, factors = space.strengths(points).T
    rotation = Rotation(interpolation="nearest")
    by_hand = Darken().apply(Saturation().apply(rotation.apply(images, angles), factors), darks)
    assert torch.equal(edited, by_hand)
    axis_order = Saturation().apply(Darken().apply(rotation.apply(images, angles), darks), factors)
    assert not torch.equal(edited, axis_order)  # the order can be told apart


def test_a_concept_that_is_not_applied_is_skipped() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (2, 3, 9, 9), dtype=torch.uint8, generator=generator)
    space = concept_space("fsrl")
    edited = space.apply(as_batch(images), np.array([[-1, 1, -1], [-1, -1, -1]])).pixels
    assert torch.equal(edited, Darken().apply(images, np.array([0.2, np.nan])))
    assert torch.equal(edited[1], images[1])


def test_a_point_is_unedited_where_no_edit_changes_anything() -> None:
    space = concept_space(["rotation=-10,0,10", "darken=0,0.5", "saturation=0.5..1.5/2"])
    assert not space.unedited(space.grid()).any(), "a range of saturations changes something"
    space = concept_space(["rotation=-10,0,10", "darken=0,0.5"])
    points = np.array([(1, 0), (1, 1), (0, 0), (UNEDITED, 0), (UNEDITED, UNEDITED), (UNEDITED, 1)])
    assert space.unedited(points).tolist() == [True, False, False, True, True, False]


def test_labels_read_like_a_sentence() -> None:
    space = concept_space(["rotation=-30,0,30", "gaussian_blur=0,1.5", "darken"])
    assert space.label(np.array([0, 1, 4])) == "rotation -30°, gaussian_blur 1.5 px, darken 0.5"
    assert space.label(np.array([-1, 0, -1])) == "gaussian_blur 0 px"
    assert repr(space) == "ConceptSpace(rotation [deg] × gaussian_blur [px] × darken: 30 points)"
    assert repr(Rotation([0, 5])) == "Rotation([0.0, 5.0])"


def test_what_a_space_may_be_named_by() -> None:
    fsrl = concept_space("fsrl").describe()
    assert concept_space(["fsrl"]).describe() == fsrl
    assert concept_space({key: fsrl[key] for key in ("levels", "order", "options")}).describe() == fsrl
    assert concept_space("contrast").names == ("contrast",)
    assert concept_space(Darken()).names == ("darken",)
    assert concept_space([Darken([0, 0.5]), "rotation=5"]).shape == (2, 1)
    space = concept_space("fsrl")
    assert concept_space(space) is space
    assert concept_space("brightness=1e-1,2").concepts[0].levels.tolist() == [0.1, 2.0]


def test_options_come_after_levels_and_are_remembered_where_they_are_unusual() -> None:
    space = concept_space(["rotation=-30..30/3:interpolation=nearest:fill=edge", "zoom:fill=black", "darken"])
    assert space.concepts[0].edges.tolist() == [-30, -10, 10, 30]
    assert space.concepts[0].chosen == {"interpolation": "nearest", "fill": "edge"}
    description = space.describe()
    assert description["options"] == {"rotation": {"interpolation": "nearest", "fill": "edge"}}
    again = concept_space(json.loads(json.dumps(description)))
    assert again.describe() == description and again.concepts[0].chosen == space.concepts[0].chosen
    assert "options" not in concept_space(["rotation"]).describe()


MISTAKES = {
    "no concept or preset 'rotatoin'; did you mean rotation?": "rotatoin",
    "no concept or preset 'vignette'; of images: brightness, contrast, darken, flip, fog, gaussian_blur, "
    "gaussian_noise, hue, jpeg, motion_blur, occluded_place, occlusion, rain, rotation, saturation, shift_x, shift_y, "
    f"snow, zoom; of texts: {', '.join(sorted(TEXT_CONCEPTS))}; presets: fsrl, fsrl-text, text, text-any, "
    "text-pairs": "vignette",
    "levels of rotation must be numbers separated by commas, got '1,x'": "rotation=1,x",
    "levels of rotation must be numbers separated by commas, got ''": "rotation=",
    "levels of rotation must be strictly increasing, got [5.0, 0.0]": "rotation=5,0",
    "levels of rotation must be strictly increasing, got [1.0, 1.0]": ["rotation=1,1"],
    "levels of rotation must be strictly increasing, got [0.0, nan, 1.0]": "rotation=0,nan,1",
    "levels of rotation must lie in [-180, 180], got [nan]": "rotation=nan",
    "levels of darken must lie in [0, 1], got [0.5, 1.5]": "darken=.5,1.5",
    "levels of rotation must be numbers, got ['a']": {"levels": {"rotation": ["a"]}},
    "levels of rotation must be strictly increasing, got []": {"levels": {"rotation": []}},
    "the preset fsrl is a whole grid and stands alone; name the concepts one by one instead": ["fsrl", "contrast"],
    "concepts take the keys classes, columns, edges, identities, labels, levels, missing, options, order, slots, "
    "switches, units, got ['level']": {"level": {}},
    "rotation has no option 'interp'; did you mean interpolation?; it has interpolation, fill": "rotation:interp=a",
    "darken has no option 'fill'; it has none": "darken=0.5:fill=edge",
    "lower-case has no option 'fill'; it has none": "lower-case:fill=edge",
    "interpolation of rotation is one of bilinear, nearest, got 'cubic'": "rotation=5:interpolation=cubic",
    "fill of shift_x is one of black, edge, mirror, got 'red'": {
        "levels": {"shift_x": [0.1]},
        "options": {"shift_x": {"fill": "red"}},
    },
    "options of rotation are OPTION=VALUE, each once and after its colon, got 'nearest'": "rotation:nearest",
    "options of rotation are OPTION=VALUE, each once and after its colon, got 'fill=edge'": (
        "rotation:fill=mirror:fill=edge"
    ),
    "a concept space needs one or more different concepts, got ['darken', 'darken']": ["darken", "darken=0.5"],
    "a concept space needs one or more different concepts, got []": [],
    "no concept 'rotaton' to order; did you mean rotation?": {"levels": {"rotation": [0]}, "order": ["rotaton"]},
    "the order of edits ['rotation', 'rotation'] must name each of ['rotation'] once": {
        "levels": {"rotation": [0]},
        "order": ["rotation", "rotation"],
    },
}


@pytest.mark.parametrize("message", MISTAKES, ids=str)
def test_a_mistake_is_one_line_that_names_it(message: str) -> None:
    with pytest.raises(UsageError) as error:
        concept_space(MISTAKES[message])
    assert str(error.value) == message


@given(
    names=st.permutations(sorted(IMAGE_CONCEPTS)),
    n=st.integers(1, 5),
    fractions=st.lists(st.integers(0, 1000), min_size=1, max_size=5, unique=True).map(sorted),
)
@settings(max_examples=30, deadline=None)
def test_a_description_survives_yaml_and_json(names: list[str], n: int, fractions: list[int]) -> None:
    chosen = [IMAGE_CONCEPTS[name] for name in names[:n]]
    concepts = [c([c.limits[0] + f / 1000 * (c.limits[1] - c.limits[0]) for f in fractions]) for c in chosen]
    space = ConceptSpace(concepts, [c.name for c in reversed(concepts)])
    description = space.describe()
    for again in (yaml.safe_load(yaml.safe_dump(description, sort_keys=False)), json.loads(json.dumps(description))):
        rebuilt = concept_space(again)
        assert rebuilt.describe() == description
        assert [type(c) for c in rebuilt.concepts] == chosen
        np.testing.assert_array_equal(rebuilt.strengths(rebuilt.grid()), space.strengths(space.grid()))


class Haze(Concept):
    """A user's own concept. Identity: 0."""

    name = "haze"
    unit = "m"
    identity = 0.0
    limits = (0.0, 100.0)
    default_levels = (0, 50, 100)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return inputs.clone().zero_()


def test_a_users_concept_is_remembered_by_name_unit_and_levels() -> None:
    described = ConceptSpace([Rotation(), Haze()]).describe()
    read = concept_space(yaml.safe_load(yaml.safe_dump(described, sort_keys=False)))
    assert isinstance(read.concepts[1], Recorded) and read.describe() == described
    assert read.label(np.array([0, 1])) == "rotation -10°, haze 50 m"
    images = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    with pytest.raises(UsageError, match=r"the concept haze is known by its name alone.*--import"):
        read.apply(as_batch(images), np.array([[0, 1]]))
    assert torch.equal(read.apply(as_batch(images), np.array([[2, -1]])).pixels, images)


class Wetness(Concept):
    """Does nothing. Identity: 0."""

    name, unit, identity, limits, default_levels = "wetness", "", 0.0, (0.0, 1.0), (0.0, 1.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return inputs


def test_a_familys_own_concepts_are_named_with_levels_and_nothing_else_is() -> None:
    own = {"wetness": Wetness}
    assert concept_space(["wetness"], own=own).describe()["levels"] == {"wetness": [0.0, 1.0]}
    assert concept_space(["wetness=0,0.5"], own=own).describe()["levels"] == {"wetness": [0.0, 0.5]}
    assert concept_space(["wetness=0..1/4"], own=own).shape == (4,)
    with pytest.raises(UsageError, match=r"no concept 'wettness' here; did you mean wetness\?"):
        concept_space(["wettness"], own=own)
    for other in (["rotation"], "fsrl", ["fsrl"], ["class"]):
        with pytest.raises(UsageError, match="here; known: wetness"):
            concept_space(other, own=own)
