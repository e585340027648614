"""What is known is not asked again, and a resumed run is answered from its records."""

from collections.abc import Iterator

import numpy as np
import pytest

from failscape.envs.cached_evaluator import CachedEvaluator, Recorded
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome, Probes
from failscape.envs.tasks.toy import make_mdp
from failscape.errors import UsageError


@pytest.fixture
def mdp() -> ConceptMDP:
    return make_mdp()


def probes(mdp: ConceptMDP, items: list[int], points: list[int]) -> Probes:
    return mdp.probes(mdp.transition(mdp.initial(np.array(items)), np.array(points)))


def assert_outcomes_equal(a: Outcome, b: Outcome) -> None:
    for x, y, name in zip(a, b, Outcome._fields, strict=True):
        np.testing.assert_array_equal(x, y, name)
        assert x.dtype == y.dtype, name


def asked(mdp: ConceptMDP) -> tuple[int, int]:
    """Queries and forwards since the looks at the unedited items: one at all of them, one in three smaller batches."""
    return mdp.target.n_queries - mdp.baseline.n_queries, mdp.target.n_forwards - 4


def test_without_memory_everything_is_asked(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator)
    for _ in range(2):
        _, cached = cache.ask(probes(mdp, [1, 1, 2], [3, 3, 3]))
        assert not cached.any()
    assert asked(mdp) == (6, 2) and cache.n_queries == 6


def test_a_repeated_probe_costs_no_forward(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator, 100)
    first, cached = cache.ask(probes(mdp, [1, 2], [3, 4]))
    assert cached.tolist() == [False, False] and asked(mdp) == (2, 1)
    again, cached = cache.ask(probes(mdp, [2, 1], [4, 3]))
    assert cached.tolist() == [True, True] and asked(mdp) == (2, 1)
    assert_outcomes_equal(again, Outcome(*(column[::-1] for column in first)))
    assert cache.n_queries == 2


def test_only_what_is_new_in_a_batch_is_asked_in_one_forward(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator, 100)
    cache.ask(probes(mdp, [1, 2], [3, 4]))
    found, cached = cache.ask(probes(mdp, [5, 1, 1, 5, 2, 5], [0, 3, 4, 0, 4, 1]))
    assert cached.tolist() == [False, True, False, True, True, False]  # the second (5, 0) was asked with the first
    assert asked(mdp) == (2 + 3, 2) and cache.n_queries == 5
    assert_outcomes_equal(found, mdp.evaluator.evaluate(probes(mdp, [5, 1, 1, 5, 2, 5], [0, 3, 4, 0, 4, 1])))


def test_the_same_point_of_another_item_is_another_probe(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator, 100)
    cache.ask(probes(mdp, [1], [3]))
    assert not cache.ask(probes(mdp, [2], [3]))[1].any() and not cache.ask(probes(mdp, [1], [2]))[1].any()


def test_the_least_recently_used_is_forgotten_first(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator, 3)
    for point in (0, 1, 2):
        cache.ask(probes(mdp, [7], [point]))
    assert cache.ask(probes(mdp, [7], [0]))[1].all()  # used again: 1 is now the oldest
    cache.ask(probes(mdp, [7], [3]))
    cached = {point: bool(cache.ask(probes(mdp, [7], [point]))[1][0]) for point in (0, 2, 3)}
    assert cached == {0: True, 2: True, 3: True}
    assert not cache.ask(probes(mdp, [7], [1]))[1].any()
    assert len(cache._known) == 3


def test_a_batch_larger_than_the_memory_is_answered_whole(mdp: ConceptMDP) -> None:
    cache = CachedEvaluator(mdp.evaluator, 2)
    cache.ask(probes(mdp, [1, 2], [0, 0]))
    many = probes(mdp, [1, *range(20), 1], [0, *range(20), 0])
    found, cached = cache.ask(many)
    assert_outcomes_equal(found, mdp.evaluator.evaluate(many))
    assert cached[0] and len(cache._known) == 2


def test_remembering_changes_no_outcome(mdp: ConceptMDP) -> None:
    rng = np.random.default_rng(0)
    cache = CachedEvaluator(mdp.evaluator, 30)
    seen: set[tuple[int, int]] = set()
    for _ in range(40):
        items, points = rng.integers(5, size=8).tolist(), rng.integers(25, size=8).tolist()
        asked_for = probes(mdp, items, points)
        found, cached = cache.ask(asked_for)
        assert_outcomes_equal(found, mdp.evaluator.evaluate(asked_for))
        for pair, known in zip(zip(items, points, strict=True), cached, strict=True):
            assert pair in seen or not known
            seen.add(pair)


def record(mdp: ConceptMDP, states: list[Probes], capacity: int) -> Iterator[Recorded]:
    cache = CachedEvaluator(mdp.evaluator, capacity)
    for asked_for in states:
        outcome, cached = cache.ask(asked_for)
        yield Recorded(asked_for.items, asked_for.point, outcome, cached)


def replays(mdp: ConceptMDP) -> list[Probes]:
    rng = np.random.default_rng(1)
    return [probes(mdp, rng.integers(4, size=5).tolist(), rng.integers(6, size=5).tolist()) for _ in range(12)]


@pytest.mark.parametrize("capacity", [0, 3, 100])
@pytest.mark.parametrize("n_recorded", [0, 5, 12])
def test_a_resumed_run_answers_alike_and_asks_only_for_the_rest(
    mdp: ConceptMDP, capacity: int, n_recorded: int
) -> None:
    states = replays(mdp)
    steps = list(record(mdp, states, capacity))
    queries = [int((~step.cached).sum()) for step in steps]
    fresh = make_mdp()
    cache = CachedEvaluator(fresh.evaluator, capacity, iter(steps[:n_recorded]))
    for asked_for, (_, _, outcome, cached) in zip(states, steps, strict=True):
        found, known = cache.ask(asked_for)
        assert_outcomes_equal(found, outcome)
        np.testing.assert_array_equal(known, cached)
    assert asked(fresh)[0] == sum(queries[n_recorded:])
    assert cache.n_queries == sum(queries)


@pytest.mark.parametrize(("items", "points"), [([1, 3], [3, 4]), ([1, 2], [3, 5]), ([1], [3]), ([2, 1], [4, 3])])
def test_a_replay_refuses_other_choices(mdp: ConceptMDP, items: list[int], points: list[int]) -> None:
    steps = list(record(mdp, [probes(mdp, [1, 2], [3, 4])], 0))
    cache = CachedEvaluator(mdp.evaluator, 10, iter(steps))
    with pytest.raises(UsageError, match="records do not fit this configuration"):
        cache.ask(probes(mdp, items, points))
