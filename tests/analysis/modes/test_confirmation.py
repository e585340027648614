"""Held-out items judge modes: true ones are confirmed, false ones are not, and too few items say so."""

from types import SimpleNamespace

import numpy as np
import pytest

from failscape.analysis.grids.boxes import inside
from failscape.analysis.modes.confirmation import MAX_USES, confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis
from tests.support.modes import made_mode

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
        self.items = SimpleNamespace(group=references, held_out=np.arange(n) % 2 == 0, distinct=np.ones(n, bool))
        self.baseline = SimpleNamespace(failed=wrong)
        self.outcomes = rng.random((n, space.n_points)) < rates
        self.silent = np.zeros((n, space.n_points), bool)  # where there is no verdict
        self.asked: list[tuple[np.ndarray, np.ndarray]] = []

    def at(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return items, self.space.index(points)

    def valid(self, points: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.space.suits(points, self.items.group[items])

    def evaluate(self, state: tuple[np.ndarray, np.ndarray]) -> SimpleNamespace:
        self.asked.append(state)
        failed = self.outcomes[state]
        return SimpleNamespace(failed=failed, severity=np.where(self.silent[state], np.nan, failed))


def mode(points: np.ndarray = REGION, classes: tuple[int, ...] = ()) -> Mode:
    return made_mode(points, classes)


def test_a_true_mode_is_confirmed_with_its_rate() -> None:
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.6, 0.1), n=1000)
    found = confirm_modes(mdp, [mode()], seed=0)
    (judged,) = found.modes
    assert judged.confirmed and judged.note == "" and judged.p_value < 1e-6
    assert judged.low < 0.6 < judged.high and judged.high - judged.low < 0.11
    assert judged.unedited == pytest.approx(0.1, abs=0.05) and judged.elsewhere == pytest.approx(0.1, abs=0.05)
    everywhere, own = mdp.asked[:2], mdp.asked[2:]
    items, points = (np.concatenate(column) for column in zip(*own, strict=True))
    assert judged.n_probes == judged.n_items == len(items) == 400  # while there are enough, each is used once
    assert found.n_queries == 800 == len(items) + sum(len(items) for items, _ in everywhere)
    assert mdp.items.held_out[items].all() and set(points.tolist()) == set(REGION.tolist())
    assert judged.seen_rate == 0.5  # what the search saw stays as it was


def test_a_mode_must_stand_out_from_the_rest_of_the_grid_too() -> None:
    """Where every edit harms alike, no part of the grid is a mode."""
    (judged,) = confirm_modes(Known(np.full(9, 0.6), n=1000), [mode()], seed=0).modes
    assert (
        judged.confirmed is False
        and judged.note == "400 held-out items did not fail clearly more than unedited and elsewhere"
    )


def test_a_mode_must_stand_out_from_unedited_items_too() -> None:
    rates = np.where(np.isin(np.arange(9), REGION), 0.3, 0.01)
    (judged,) = confirm_modes(Known(rates, n=1000, clean=0.5), [mode()], seed=0).modes
    assert judged.confirmed is False and judged.unedited > judged.rate > judged.elsewhere


def test_the_share_of_failures_goes_by_the_measured_rate() -> None:
    """A third of the grid, at .6 beside .1: it has six failures in eight."""
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.6, 0.1), n=4000)
    flattered = made_mode(REGION, share=0.9 / 1.1, seen_rate=0.9)
    (judged,) = confirm_modes(mdp, [flattered], seed=0, n=2000).modes
    assert judged.share == pytest.approx(0.75, abs=0.02)


def test_confirmed_modes_come_first_then_the_larger() -> None:
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.6, 0.1), n=1000)
    modes = [made_mode(np.array([0]), name="none", share=0.9), made_mode(REGION[:1], name="part", share=0.2)]
    judged = confirm_modes(mdp, [*modes, made_mode(REGION, name="whole", share=0.7)], seed=0).modes
    assert judged[0].name == "whole" and judged[-1].name == "none"


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
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.9, 0.1), n=120)
    (judged,) = confirm_modes(mdp, [mode(classes=(1,))], seed=0).modes
    items, points = mdp.asked[-1]
    assert (mdp.items.group[items] == 1).all() and judged.n_items == 20 < judged.n_probes <= 20 * MAX_USES
    assert len(set(zip(items.tolist(), points.tolist(), strict=True))) == judged.n_probes


@pytest.mark.parametrize("n", [0, 8])
def test_too_few_held_out_items_say_so(n: int) -> None:
    (judged,) = confirm_modes(Known(np.full(9, 0.9), n=n), [mode()], seed=0).modes
    assert judged.confirmed is None and judged.rate is None
    assert judged.note == f"{n // 2} held-out items are too few to confirm it: at least 6 are needed"


def test_a_slice_is_shown_items_of_its_class() -> None:
    space = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), SPACE.concepts[0]])
    mdp = Known(np.full(9, 0.9), space=space)
    (judged,) = confirm_modes(mdp, [mode(np.array([3, 4, 5]))], seed=0).modes
    assert (mdp.items.group[mdp.asked[-1][0]] == 1).all() and judged.n_items == 100
    assert set(mdp.asked[-1][1].tolist()) == {3, 4, 5}


def test_where_points_choose_classes_each_counts_alike_however_many_are_asked() -> None:
    """Of one class nine items in ten cannot be asked; it fails always, the other one never."""
    space = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), SPACE.concepts[0]])
    mdp = Known(np.repeat([1.0, 0.0, 0.0], 3), n=3000, space=space)
    suits = mdp.valid
    askable = lambda points, items: (points[:, 0] > 0) | (items % 10 == 0)  # noqa: E731
    mdp.valid = lambda points, items: suits(points, items) & askable(points, items)  # type: ignore[method-assign]
    (judged,) = confirm_modes(mdp, [mode(np.arange(6))], seed=0).modes
    _, points = mdp.asked[-1]
    assert (points < 3).mean() < 0.2 and judged.rate == pytest.approx(0.5)


def test_the_same_seed_asks_the_same() -> None:
    asked = []
    for seed in (1, 1, 2):
        mdp = Known(np.full(9, 0.5))
        confirm_modes(mdp, [mode()], seed)
        asked.append(np.hstack([np.stack(one) for one in mdp.asked]))
    assert np.array_equal(asked[0], asked[1]) and not np.array_equal(asked[0], asked[2])
    assert confirm_modes(Known(np.full(9, 0.5)), [], 0) == ([], 0)


def test_what_has_no_verdict_is_counted_nowhere() -> None:
    """Half of the items are withheld everywhere; the rate is that of the others, not half of it."""
    mdp = Known(np.where(np.isin(np.arange(9), REGION), 0.9, 0.1), n=400)
    mdp.outcomes[::4] = mdp.outcomes[1::4] = False
    mdp.silent[::4] = mdp.silent[1::4] = True
    (judged,) = confirm_modes(mdp, [mode()], seed=0).modes
    assert judged.rate is not None and judged.rate > 0.8 and judged.n_items <= 100
