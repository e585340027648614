"""Held-out items judge modes: true ones are confirmed, false ones are not, and too few items say so."""

from types import SimpleNamespace

import numpy as np
import pytest

from failscape.analysis.grids.boxes import inside
from failscape.analysis.modes.confirmation import MAX_USES, confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.2,0.3"])
REGION = np.flatnonzero(inside(np.array([[2, 2], [0, 2]]), SPACE.shape))


class Known:
    """An MDP whose outcomes are known; it keeps what it was asked."""

    has_unedited = True

    def __init__(self, rates: np.ndarray, n: int = 600, clean: float = 0.1, space: ConceptSpace = SPACE) -> None:
        rng = np.random.default_rng(0)
        references = np.arange(n) % 3
        wrong = rng.random(n) < clean
        self.space = space
        self.items = SimpleNamespace(group=references, held_out=np.arange(n) % 2 == 0)
        self.baseline = SimpleNamespace(failed=wrong)
        self.outcomes = rng.random((n, space.n_points)) < rates
        self.asked: list[tuple[np.ndarray, np.ndarray]] = []

    def at(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return items, self.space.index(points)

    def valid(self, points: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.space.suits(points, self.items.group[items])

    def evaluate(self, state: tuple[np.ndarray, np.ndarray]) -> SimpleNamespace:
        self.asked.append(state)
        return SimpleNamespace(failed=self.outcomes[state])


def mode(points: np.ndarray = REGION, classes: tuple[int, ...] = ()) -> Mode:
    return Mode(points, classes, "made", 0.5, 0.4, 0.6, 0.1, 0.01, 0.01, 0.5, (), 100)


def test_a_true_mode_is_confirmed_with_its_rate() -> None:
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.6, 0.1))
    found = confirm_modes(mdp, [mode()], seed=0)
    (judged,) = found.modes
    assert judged.confirmed and judged.note == "" and judged.held_out_p < 1e-6
    assert judged.held_out_low < 0.6 < judged.held_out_high
    assert judged.n_held_out == found.n_queries == 200 == sum(len(items) for items, _ in mdp.asked)
    items, points = (np.concatenate(column) for column in zip(*mdp.asked, strict=True))
    assert mdp.items.held_out[items].all() and set(points.tolist()) == set(REGION.tolist())
    assert len(np.unique(items)) == 200  # while there are enough, each is used once
    assert judged.rate == 0.5  # what was found stays as it was found


def test_a_false_mode_is_not() -> None:
    """The chance of any false confirmation stays at 5 %, however many modes there are."""
    confirmed = []
    for seed in range(100):
        mdp = Known(np.full(9, 0.1))
        mdp.outcomes = np.random.default_rng(seed).random(mdp.outcomes.shape) < 0.1
        judged = confirm_modes(mdp, [mode(), mode(np.array([0, 1])), mode(np.array([4]))], seed).modes
        confirmed.append(any(m.confirmed for m in judged))
        assert all(m.confirmed or "did not fail clearly more" in m.note for m in judged)
    assert np.mean(confirmed) <= 0.08


def test_classes_are_kept_and_items_used_a_few_times_at_most() -> None:
    mdp = Known(np.full(9, 0.9), n=120)
    (judged,) = confirm_modes(mdp, [mode(classes=(1,))], seed=0).modes
    items, _ = mdp.asked[0]
    assert (mdp.items.group[items] == 1).all()
    assert np.bincount(items).max() == MAX_USES and judged.n_held_out == 20 * MAX_USES and judged.confirmed


@pytest.mark.parametrize("n", [0, 8])
def test_too_few_held_out_items_say_so(n: int) -> None:
    (judged,) = confirm_modes(Known(np.full(9, 0.9), n=n), [mode()], seed=0).modes
    assert judged.confirmed is None and judged.held_out_rate is None
    assert judged.note == f"{n // 2} held-out items are too few to confirm it: at least 6 are needed"


def test_a_slice_is_shown_items_of_its_class() -> None:
    space = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), SPACE.concepts[0]])
    mdp = Known(np.full(9, 0.9), space=space)
    (judged,) = confirm_modes(mdp, [mode(np.array([3, 4, 5]))], seed=0).modes
    assert (mdp.items.group[mdp.asked[0][0]] == 1).all() and judged.n_held_out == 200


def test_the_same_seed_asks_the_same() -> None:
    asked = []
    for seed in (1, 1, 2):
        mdp = Known(np.full(9, 0.5))
        confirm_modes(mdp, [mode()], seed)
        asked.append(np.stack(mdp.asked[0]))
    assert np.array_equal(asked[0], asked[1]) and not np.array_equal(asked[0], asked[2])
    assert confirm_modes(Known(np.full(9, 0.5)), [], 0) == ([], 0)
