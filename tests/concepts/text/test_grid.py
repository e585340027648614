"""The grid of which edit, how strong."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts import concept_space
from failscape.concepts.images.tone import Darken
from failscape.concepts.parsing_text import text_space
from failscape.concepts.presets import PRESETS
from failscape.concepts.space import UNEDITED
from failscape.concepts.text import FSRL_EDITS, TEXT_CONCEPTS, EditGrid, TextConcept
from failscape.concepts.text.base import TextConcept as Base
from failscape.data.batch import Articles
from failscape.errors import UsageError

STORY = "Anna Smith bought the big house in Leeds for 300 pounds. She did not like it. The old men saw her on Monday."


def edits(*names: str) -> list[TextConcept]:
    return [TEXT_CONCEPTS[name]() for name in names]


def as_batch(pairs: np.ndarray) -> Articles:
    return Articles(pairs[:, 0].copy(), pairs[:, 1].copy())


def stories(n: int) -> np.ndarray:
    return np.array([[STORY, "Anna Smith bought a house."]] * n, object)


SINGLE = EditGrid(edits("lower-case", "negate", "drop-noun", "number-swap"))
PAIRS = EditGrid(edits("lower-case", "negate", "drop-noun"), pairs=True)


def test_axes_of_the_grid() -> None:
    assert SINGLE.names == ("edit", "strength") and SINGLE.shape == (4, 4) and SINGLE.n_points == 16
    assert PAIRS.names == ("edit", "also", "strength") and PAIRS.shape == (3, 4, 4)
    assert [c.categorical for c in PAIRS.concepts] == [True, True, False]
    assert str(PAIRS) == "edit × also × strength: 48 points"
    assert [c.label(1) for c in PAIRS.concepts] == ["edit negate", "also lower-case", "strength 2"]
    assert PAIRS.group_axis is None and SINGLE.order == SINGLE.names


def test_a_strength_that_changes_nothing_keeps_the_reference() -> None:
    space = concept_space({"edits": ["truncation", "negate"], "levels": {"truncation": [0, 0.5], "negate": [0, 0.5]}})
    effects = space.label_effect(space.grid()).tolist()
    assert effects == ["preserved", "invalidated", "preserved", "transformed"]


def test_what_a_walk_or_a_slice_has_no_use_for_is_refused() -> None:
    for spec, walk, message in (
        (["drop-noun", "topic"], True, "a walk makes edits one by one and has no use for topic; name edits alone"),
        (["drop-noun", "pairs"], True, "has no use for pairs"),
        ("text", True, "has no use for a preset"),
        (["lower-case", "topic", "length"], False, "chosen by topic or by length, not by topic and length"),
        (["lower-case", "class"], False, "not by class"),
        (["topic"], False, "topic needs edits beside it, such as lower-case"),
    ):
        with pytest.raises(UsageError, match=message):
            text_space(spec, walk=walk)
    with pytest.raises(UsageError, match="no topic has both items to explore and items held out"):
        text_space(["lower-case", "topic"], groups={})


def test_a_slice_suits_its_own_items() -> None:
    space = text_space(["lower-case", "negate", "topic"], groups={"fire": 0, "theft": 2})
    points = space.grid()
    chosen = np.array([0, 2])[points[:, 0]]
    assert space.suits(points, chosen).all() and not space.suits(points, 2 - chosen).any()
    assert SINGLE.suits(SINGLE.grid(), np.arange(16)).all()


@pytest.mark.parametrize("space", [SINGLE, PAIRS], ids=["single", "pairs"])
def test_a_grid_is_a_concept_space(space: EditGrid) -> None:
    grid = space.grid()
    np.testing.assert_array_equal(space.index(grid), np.arange(space.n_points))
    np.testing.assert_array_equal(space.point(np.arange(space.n_points)), grid)
    coordinates = space.coordinates(grid)
    assert coordinates.shape == (space.n_points, space.n_coordinates) and coordinates.dtype == np.float32
    strengths = space.strengths(grid)
    np.testing.assert_array_equal(space.locate(strengths), coordinates)
    assert strengths[:, -1].tolist() == (grid[:, -1] + 1).tolist()
    unedited = np.full((2, len(space.shape)), UNEDITED)
    assert np.isnan(space.strengths(unedited)).all() and space.index(unedited).tolist() == [-1, -1]
    inputs = as_batch(stories(2))
    assert space.apply(inputs, unedited) is inputs and space.label(unedited[0]) == "unedited"


def test_each_row_gets_its_edit_at_its_own_level() -> None:
    grid, seeds = SINGLE.grid(), np.arange(16) * 7
    edited = SINGLE.apply(as_batch(stories(16)), grid, seeds).pair
    for row, (k, level) in enumerate(grid.tolist()):
        concept = SINGLE.edits[k]
        alone = concept.apply(stories(1), concept.levels[[level]], seeds[[row]])
        assert edited[row].tolist() == alone[0].tolist()


def test_the_second_edit_follows_the_first() -> None:
    grid, seeds = PAIRS.grid(), np.arange(48)
    edited = PAIRS.apply(as_batch(stories(48)), grid, seeds).pair
    for row, (first, second, level) in enumerate(grid.tolist()):
        alone = stories(1)
        for k in [first, second - 1][: 1 + (second > 0)]:
            concept = PAIRS.edits[k]
            alone = concept.apply(alone, concept.levels[[level]], seeds[[row]])
        if second - 1 != first:
            assert edited[row].tolist() == alone[0].tolist()


def test_an_edit_made_twice_does_not_undo_itself() -> None:
    twice = EditGrid([TEXT_CONCEPTS["flip-case"]()], pairs=True)
    points, seeds = np.array([[0, 1, level] for level in range(4)]), np.arange(4)
    once = twice.apply(as_batch(stories(4)), points * [1, 0, 1], seeds).text
    again = twice.apply(as_batch(stories(4)), points, seeds).text
    for before, one, two in zip(stories(4)[:, 0], once, again, strict=True):
        assert two != before and two != one


def test_one_call_per_edit_and_only_of_its_rows() -> None:
    calls = []

    class Counted(Base):
        """Counts its calls."""

        name = "counted"

        def _edit(self, inputs: np.ndarray, strengths: np.ndarray, seeds: np.ndarray) -> np.ndarray:
            calls.append(len(inputs))
            return inputs

        def edit(self, text: str, strength: float, seed: int) -> str:
            return text

    space = EditGrid([Counted(), *edits("lower-case", "negate")])
    points = np.array([[0, 1], [1, 2], [0, 3], [-1, -1], [2, 0], [0, -1]])
    edited = space.apply(as_batch(stories(6)), points).pair
    assert calls == [2]
    assert edited[[3, 5]].tolist() == stories(2).tolist()


def test_labels_name_the_edits() -> None:
    assert SINGLE.label(np.array([0, 1])) == "lower-case 50 %"
    assert SINGLE.label(np.array([2, 0])) == "drop-noun 1 word"
    assert PAIRS.label(np.array([0, 2, 1])) == "lower-case 50 %, negate 50 %"
    assert PAIRS.label(np.array([0, 0, 1])) == "lower-case 50 %"
    assert PAIRS.label(np.array([0, -1, -1])) == "unedited"


def test_the_effect_that_goes_furthest_counts() -> None:
    assert SINGLE.label_effect(np.array([[0, 0], [1, 0], [2, 3], [-1, -1], [2, -1]])).tolist() == [
        *("preserved", "transformed", "invalidated", "preserved", "preserved"),
    ]
    points = np.array([[0, 0, 1], [0, 2, 1], [2, 2, 1], [1, 3, 1], [0, 1, 0]])
    kept = PAIRS.label_effect(points)
    assert (
        kept.tolist() == ["preserved", "transformed", "invalidated", "invalidated", "preserved"]
        and kept.dtype == object
    )


@given(names=st.permutations(sorted(TEXT_CONCEPTS)), n=st.integers(1, 6), pairs=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_description_survives_yaml_and_json(names: list[str], n: int, pairs: bool) -> None:
    space = EditGrid(edits(*names[:n]), pairs)
    described = space.describe()
    for read in (yaml.safe_load(yaml.safe_dump(described, sort_keys=False)), json.loads(json.dumps(described))):
        again = concept_space(read)
        assert isinstance(again, EditGrid) and again.describe() == described and again.shape == space.shape
        assert [again.label(point) for point in again.grid()] == [space.label(point) for point in space.grid()]


def test_ranges_are_described_too() -> None:
    space = EditGrid([TEXT_CONCEPTS["lower-case"](edges=[0.1, 0.2, 0.4]), TEXT_CONCEPTS["negate"](levels=[0.5, 1])])
    assert concept_space(space.describe()).describe() == space.describe()
    assert space.label(np.array([0, 1])) == "lower-case 20 to 40 %"


def test_presets() -> None:
    assert tuple(PRESETS["fsrl-text"]["edits"]) == FSRL_EDITS and len(FSRL_EDITS) == 16
    assert concept_space("fsrl-text").shape == (16, 4) and concept_space(["fsrl-text"]).n_points == 64
    assert concept_space("text").shape == (len(TEXT_CONCEPTS) - 3, 4)
    assert concept_space("text-pairs").shape == (8, 9, 4)
    walk = concept_space(["drop-noun=0,1,2,3", "drop-verb=0,1,2"])
    assert walk.shape == (4, 3) and not isinstance(walk, EditGrid)
    assert concept_space(walk.describe()).describe() == walk.describe()


MISTAKES = {
    "a grid of edits needs one or more different edits, got []": {"edits": []},
    "a grid of edits needs one or more different edits, got ['negate', 'negate']": {"edits": ["negate", "negate"]},
    "a grid of edits is of texts, which darken does not edit": {"edits": ["negate", "darken"]},
    "no concept or preset 'negat'; did you mean negate?": {"edits": ["negat"]},
    "a grid of edits takes the keys edges, edits, groups, levels, pairs, got ['edits', 'pair']": {
        "edits": [],
        "pair": True,
    },
    "the edits of a grid need as many levels each, got {'negate': 1, 'synonyms': 4}": {
        "edits": ["negate", "synonyms"],
        "levels": {"negate": [0.5]},
    },
    "levels of negate must lie in [0, 1], got [50.0]": {"edits": ["negate"], "levels": {"negate": [50]}},
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(message: str) -> None:
    with pytest.raises(UsageError) as error:
        concept_space(MISTAKES[message])
    assert str(error.value) == message


def test_only_texts_make_a_grid() -> None:
    with pytest.raises(UsageError, match="of texts, which darken does not edit"):
        EditGrid([Darken()])  # type: ignore[list-item]


def test_grammar_is_loaded_when_it_is_needed() -> None:
    code = "import sys; from failscape.concepts import concept_space; concept_space('text')\n"
    code += "print(*{'HanTa', 'lemminflect'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not run.stdout.split()
