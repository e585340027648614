"""Edits that change the right answer: what is asked, how it is judged, how it is weighed, what is assumed."""

import numpy as np
import pytest
from PIL import Image

from failscape.agents.search.exhaustive import scanned
from failscape.data.street import SIGNS
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.registration import make_vector_env
from failscape.envs.tasks.image_classification import make_mdp
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore
from tests.support.environments import CLASSES, tiny_classifier

STRAIGHT, LEFT, RIGHT = (SIGNS.index(name) for name in ("straight", "bear-left", "bear-right"))
ANGLES = ["rotation=-16,-10,0,10,16"]


def street(**options) -> ConceptMDP:
    return make_mdp(**{"data": "street:?n=160", "concepts": ANGLES, "device": "cpu", **options})


@pytest.fixture(scope="module")
def mdp() -> ConceptMDP:
    return street()


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for name in CLASSES:
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(256, size=(16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{i}.png")
    return tmp_path / "data"


def of_class(mdp: ConceptMDP, label: int) -> np.ndarray:
    return np.flatnonzero(mdp.items.batch.right_answer == label)


def test_valid_says_which_items_can_be_asked_where(mdp: ConceptMDP) -> None:
    everyone = np.arange(len(mdp.items))
    labels = mdp.items.batch.right_answer
    lost = [np.unique(labels[~mdp.valid(np.full((len(everyone), 1), level), everyone)]).tolist() for level in range(5)]
    assert lost == [[], [STRAIGHT, LEFT], [], [STRAIGHT, RIGHT], []]
    assert mdp.space.missing == () and mdp.caveats == ()


def test_another_class_is_right_where_the_edit_makes_it_so(mdp: ConceptMDP) -> None:
    """A bear-right sign turned by 16° is straight: who says so is right, and who says bear-right fails."""
    items = of_class(mdp, RIGHT)
    state = mdp.at(items, np.full((len(items), 1), 4))
    assert (mdp.edited(state, mdp.inputs(state)).right_answer == STRAIGHT).all()
    outcome = mdp.evaluate(state)
    np.testing.assert_array_equal(outcome.failed, outcome.predicted != STRAIGHT)
    assert (outcome.predicted == STRAIGHT).mean() > 0.5
    there = mdp.at(items, np.full((len(items), 1), 2))
    np.testing.assert_array_equal(mdp.evaluate(there).failed, mdp.evaluate(there).predicted != RIGHT)


def test_no_episode_asks_what_has_no_right_answer(mdp: ConceptMDP) -> None:
    items = np.tile(of_class(mdp, STRAIGHT), 5)
    state = mdp.transition(mdp.initial(items), np.repeat(np.arange(5), len(items) // 5))
    assert mdp.valid(state.points, items).all() and np.array_equal(state.items, items)
    levels = state.points[:, 0].reshape(5, -1)
    assert [np.unique(row).tolist() for row in levels] == [[0], [0], [2], [4], [4]] or levels[0].tolist() == levels[
        0
    ].tolist()
    assert (levels[2] == 2).all()


@pytest.mark.parametrize("explore", ["macro", "factored", "micro"])
def test_no_scheme_records_what_has_no_right_answer(explore: str, tmp_path) -> None:
    mdp = street(explore=explore, concepts=["rotation=-10,-5,0,5,10", "flip", "darken=0,0.5"])
    envs = ConceptVectorEnv(mdp, 16)
    store = ProbeStore(tmp_path / "probes.sqlite")
    envs.recorder = Recorder(store, mdp.space)
    rng = np.random.default_rng(0)
    envs.reset(seed=0)
    for _ in range(30):
        envs.step(rng.integers(mdp.scheme.n_actions, size=16))
    probes = store.frame()
    points = mdp.space.point(probes["point"].to_numpy(np.int64, copy=True))
    assert mdp.valid(points, probes["item"].to_numpy(np.int64, copy=True)).all() and len(probes) > 100


def test_a_scan_asks_every_cell_that_has_an_answer_and_no_other(mdp: ConceptMDP) -> None:
    items, rows = scanned(mdp)
    explored = np.flatnonzero(~mdp.items.held_out)
    every, grid = (a.ravel() for a in np.meshgrid(explored, np.arange(5)))
    valid = mdp.valid(mdp.space.point(grid), every)
    assert sorted(zip(items.tolist(), rows.tolist(), strict=True)) == sorted(
        zip(every[valid].tolist(), grid[valid].tolist(), strict=True)
    )
    assert 0 < valid.mean() < 1


def test_what_is_asked_instead_weighs_less(mdp: ConceptMDP) -> None:
    """So that a point's rate is not that of the classes that were brought there."""
    items = np.repeat(np.flatnonzero(~mdp.items.held_out), 5)
    state = mdp.transition(mdp.initial(items), np.tile(np.arange(5), len(items) // 5))
    crowding = mdp.crowding(state)
    for label in np.unique(mdp.items.group):
        own = mdp.items.group[items] == label
        weights = np.bincount(state.points[own, 0], 1 / crowding[own], minlength=5)
        counts = weights[weights > 0]
        np.testing.assert_allclose(counts, counts[0])
    assert street(explore="micro", concepts=["rotation=-10,0,10"]).crowding(state) is None


def test_a_slice_leaves_out_the_classes_that_have_no_answer() -> None:
    mdp = street(concepts=["rotation=-10,0,10", "class"], data="street:?n=400")
    missing = [mdp.space.label(mdp.space.point(np.array([row]))[0]) for row in mdp.space.missing]
    assert missing == [
        "rotation -10°, class straight",
        "rotation -10°, class bear-left",
        "rotation 10°, class straight",
        "rotation 10°, class bear-right",
    ]
    state = mdp.transition(mdp.initial(np.arange(48)), np.arange(48))
    assert mdp.valid(state.points, state.items).all()


def test_a_file_adds_to_what_the_data_knows_and_overrules_it(tmp_path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(
        "concept,from,to,class,effect,becomes\n"
        "rotation,-180,180,straight,preserved,\n"
        "darken,0.9,,,invalidated,\n"
        "rotation,9,11,stop,transformed,yield\n"
    )
    mdp = street(concepts=["rotation=-10,0,10", "darken=0,0.95"], labels=file)
    straight = of_class(mdp, STRAIGHT)[:1]
    assert mdp.valid(np.array([[0, 0]]), straight).all() and not mdp.valid(np.array([[1, 1]]), straight).any()
    assert not mdp.valid(np.array([[2, 0]]), of_class(mdp, RIGHT)[:1]).any()
    stop = mdp.at(of_class(mdp, SIGNS.index("stop"))[:1], np.array([[2, 0]]))
    assert mdp.edited(stop, mdp.inputs(stop)).right_answer.tolist() == [SIGNS.index("yield")]
    assert mdp.space.missing == (1, 3, 5)


def test_what_is_assumed_is_said_once_and_not_where_something_is_known(pictures, tmp_path) -> None:
    concepts = ["rotation=-90,-30,0,29,30", "flip", "hue=-0.2,0,0.2", "zoom=0.5,1,2", "darken", "shift_x=-0.5..0.5/5"]
    options = {"target": tiny_classifier(), "data": pictures, "device": "cpu"}
    assert make_mdp(concepts=concepts, **options).caveats == (
        "it is assumed that rotation -90°, -30° and 30°, flip 1, hue -0.2 and 0.2, zoom 2 and shift_x -0.5 to -0.3 and "
        "0.3 to 0.5 keep the label; say otherwise with --labels FILE",
    )
    file = tmp_path / "labels.csv"
    file.write_text("concept,from,to,class,effect,becomes\nrotation,,,,preserved,\nflip,,,red,transformed,blue\n")
    known = make_mdp(concepts=[*concepts[:3], "darken"], labels=file, **options)
    assert known.caveats == ("it is assumed that hue -0.2 and 0.2 keeps the label; say otherwise with --labels FILE",)
    assert make_mdp(concepts=["rotation=-29,0,29", "darken", "fog"], **options).caveats == ()
    assert make_mdp(**options).caveats == ()
    many = make_mdp(concepts=["rotation=-90,-60,-30,0,30"], **options)
    assert "assumed that rotation -90°, -60°, -30° and 30°" in many.caveats[0] or "-90° to 30°" in many.caveats[0]


def test_a_wrong_file_is_refused_in_one_line(pictures, tmp_path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("concept,from,to,class,effect,becomes\nrotatoin,,,,preserved,\n")
    options = {"target": tiny_classifier(), "data": pictures, "device": "cpu", "labels": file}
    with pytest.raises(UsageError, match=r"labels\.csv: no edit 'rotatoin'; did you mean rotation\?"):
        make_mdp(**options)
    file.write_text("concept,from,to,class,effect,becomes\nrotation,,,,invalidated,\n")
    with pytest.raises(UsageError, match="no point of the grid leaves any class a right answer"):
        make_mdp(concepts=["rotation=5,10"], **options)
    with pytest.raises(UsageError, match="--labels says what one edit does, and --explore fsrl"):
        make_mdp(explore="fsrl", **options)


def test_edits_on_edits_are_assumed_to_keep_the_label() -> None:
    mdp = street(explore="fsrl", concepts=None)
    assert mdp.space.labels is None
    assert mdp.caveats == ("it is assumed that edits made on top of each other keep the label",)


def test_items_whose_class_has_no_answer_anywhere_begin_no_episode(pictures, tmp_path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("concept,from,to,class,effect,becomes\nrotation,,,red,invalidated,\n")
    options = {"target": tiny_classifier(), "data": pictures, "device": "cpu", "labels": file}
    envs = make_vector_env(make_mdp, num_envs=32, concepts=["rotation=5,10"], **options)
    envs.reset(seed=0)
    seen = {CLASSES[envs.mdp.items.group[item]] for _ in range(5) for item in envs.step(np.zeros(32, int))[4]["item"]}
    assert seen == {"blue", "green"}
