"""Failures planted among edits of texts come back as modes of their own."""

import numpy as np
import pandas as pd
import pytest
import torch

from failscape.analysis.grids.choice_neighbours import whole_axes, with_choice_neighbours
from failscape.analysis.grids.neighbours import neighbours
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.box_scan import log_share
from failscape.analysis.modes.discovery_score import Score, spotcheck
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.concepts import ConceptSpace, concept_space
from failscape.data.base import Items
from failscape.data.batch import Articles
from failscape.envs.baseline import BaselineOutputs
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import Region, plant
from failscape.rewards.base import Evaluation, Judgement
from failscape.rewards.summarization import ANSWERS
from failscape.targets.outputs import SummarizerOutputs

ONE = concept_space("text")
TWO = concept_space("text-pairs")
N_ITEMS = 300


class Steadfast:
    """Says the same of everything."""

    name, task, n_queries = "steadfast", "summarization", 0

    def __call__(self, inputs: np.ndarray, seeds: object = None) -> SummarizerOutputs:
        n = len(inputs)
        return SummarizerOutputs(np.full(n, "It burnt.", object), torch.zeros(n, 2), np.zeros(n, bool))


class NeverFails:
    """Whatever is written is right."""

    answer_names, bar = ANSWERS, None

    def __call__(self, evaluation: Evaluation) -> Judgement:
        n = len(evaluation.items)
        zeros, ones = torch.zeros(n), torch.ones(n)
        return Judgement(-ones, zeros > 0, zeros, zeros.long(), ones, ones)


def steadfast(space: ConceptSpace) -> ConceptMDP:
    """Short texts that nobody fails on; one in thirty fails unedited."""
    batch = Articles.of([("Fire in town. No one hurt.", "It burnt.")] * N_ITEMS)
    topics, names = np.arange(N_ITEMS) % 3, tuple(map(str, range(N_ITEMS)))
    items = Items(batch, topics, names, np.arange(N_ITEMS) % 5 == 0, ("fire", "theft", "flood"))
    wrong = np.arange(N_ITEMS) % 30 == 7
    ones, zeros, said = np.ones(N_ITEMS, np.float32), np.zeros(N_ITEMS, np.int64), np.full(N_ITEMS, "It burnt.")
    seen = np.zeros((N_ITEMS, 2), np.float32), ones, zeros, wrong, 1 - ones, said
    baseline = BaselineOutputs(*seen, np.array(names), items.digests, "", np.zeros(0, str), N_ITEMS)
    return ConceptMDP(Steadfast(), space, items, NeverFails(), baseline)


def explored(mdp: ConceptMDP, regions: list[Region], seed: int, per_point: int) -> list[Mode]:
    """Modes of uniform probes of a planted MDP."""
    space, rng = mdp.space, np.random.default_rng(seed)
    planted = plant(mdp, regions, seed)
    n = per_point * space.n_points
    item, point = rng.choice(np.flatnonzero(~mdp.items.held_out), n), rng.integers(space.n_points, size=n)
    failed = planted.evaluator.flipped(item, space.point(point)) | mdp.baseline.failed[item]
    columns = {
        "item": item,
        "point": point,
        "failed": failed,
        "severity": failed * 1.0,
        "propensity": 1 / space.n_points,
    }
    probes = pd.DataFrame(columns).drop_duplicates(["item", "point"]).assign(cached=False)
    told = {"group": mdp.items.group, "failed": mdp.baseline.failed, "score": 0.9, "held_out": mdp.items.held_out}
    items = pd.DataFrame(told)
    landscape = Landscape.from_probes(probes, space, items=items)
    return find_modes(landscape, probes, items, mdp.group_names, "topic")


def score(space: ConceptSpace, modes: list[Mode], regions: list[Region]) -> Score:
    held = np.array([np.isin(np.arange(space.n_points), mode.points) for mode in modes]).reshape(-1, space.n_points)
    truth = np.array([region.holds(space.grid()) for region in regions]).reshape(-1, space.n_points)
    return spotcheck(held, truth, np.zeros(len(modes), bool))


def test_the_wrapped_target_fails_where_it_is_planted_and_nowhere_else() -> None:
    mdp = steadfast(ONE)
    planted = plant(mdp, [Region((3, 2), (3, 3), 1.0)])
    points = np.array([[3, 3], [3, 1], [4, 3]])
    assert planted.evaluate(mdp.at(np.arange(3), points)).failed.tolist() == [True, False, False]


@pytest.mark.parametrize("per_point", [30, 6])
def test_edits_that_fail_are_modes_of_their_own(per_point: int) -> None:
    """Beside each other on the axis, where they are no neighbours, and of two strengths, three or all."""
    mdp = steadfast(ONE)
    regions = [Region((3, 2), (3, 3), 0.9), Region((4, 0), (4, 3), 0.8), Region((9, 1), (9, 3), 0.9)]
    found = [explored(mdp, regions, seed, per_point) for seed in range(3)]
    total = [score(ONE, modes, regions) for modes in found]
    assert sum(s.n_covered for s in total) >= 8 and sum(s.n_false for s in total) <= 1
    names = [mode.name for modes in found for mode in modes]
    assert ONE.edits[4].name in names and not any(" or " in name for name in names)


def test_where_nothing_is_planted_nothing_is_found() -> None:
    for space, per_point in ((ONE, 20), (ONE, 4), (TWO, 4)):
        assert explored(steadfast(space), [], 0, per_point) == []


@pytest.mark.parametrize("per_point", [20, 5])
def test_an_edit_that_fails_whatever_follows_is_one_mode(per_point: int) -> None:
    mdp = steadfast(TWO)
    n_also = TWO.shape[1] - 1
    regions = [Region((2, 0, 2), (2, n_also, 3), 0.9), Region((5, 0, 1), (5, n_also, 3), 0.9)]
    for seed in range(2):
        modes = explored(mdp, regions, seed, per_point)
        found = score(TWO, modes, regions)
        assert found.n_covered == 2 and found.n_false == 0 and len(modes) <= 3


def test_a_pair_that_fails_only_together_is_a_mode_of_both() -> None:
    mdp = steadfast(TWO)
    regions = [Region((2, 4, 0), (2, 4, 3), 1.0)]
    modes = explored(mdp, regions, 0, 20)
    first, second = TWO.edits[2].name, TWO.edits[3].name
    assert [mode.name for mode in modes] == [f"{first}, followed by {second}"]
    assert score(TWO, modes, regions).n_covered == 1


def test_a_topic_that_fails_alone_is_named_as_one() -> None:
    mdp = steadfast(ONE)
    rng = np.random.default_rng(0)
    item, point = rng.choice(np.flatnonzero(~mdp.items.held_out), 6000), rng.integers(ONE.n_points, size=6000)
    failed = (mdp.items.group[item] == 1) & (ONE.point(point)[:, 0] == 6)
    probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0})
    probes = probes.assign(propensity=1 / ONE.n_points, cached=False).drop_duplicates(["item", "point"])
    clean = {"group": mdp.items.group, "failed": False, "score": 0.9, "held_out": mdp.items.held_out}
    items = pd.DataFrame(clean)
    (mode,) = find_modes(Landscape.from_probes(probes, ONE, items=items), probes, items, mdp.group_names, "topic")
    assert mode.classes == (1,) and mode.name.startswith(f"topic = theft and {ONE.edits[6].name}")


def test_pairs_lie_beside_the_edit_that_fails_more_alone() -> None:
    rates = np.zeros(TWO.shape)
    rates[3, 0], rates[1, 0] = 0.8, 0.2
    plain = neighbours(TWO)
    adjacent = with_choice_neighbours(TWO, plain, rates.ravel())
    row = np.arange(TWO.n_points).reshape(TWO.shape)
    for one, other in ((3, 1), (1, 3)):
        assert row[3, 0, 2] in adjacent[row[one, other + 1, 2]] and row[1, 0, 2] not in adjacent[row[one, other + 1, 2]]
    for point, others in enumerate(adjacent):
        assert all(point in adjacent[other] for other in others[others >= 0]), "beside each other"
    assert with_choice_neighbours(ONE, neighbours(ONE), np.zeros(ONE.n_points)) is not None
    assert with_choice_neighbours(ONE, neighbours(ONE), np.zeros(ONE.n_points)).shape == neighbours(ONE).shape


def test_shares_of_boxes_of_edits_sum_to_one() -> None:
    """Every edit, every edit that follows or all of them, every interval of strengths."""
    n_edits, n_also, n_levels = TWO.shape
    total = 0.0
    for edit in range(n_edits):
        for also in [(k, k) for k in range(n_also)] + [(0, n_also - 1)]:
            for first in range(n_levels):
                for last in range(first, n_levels):
                    total += np.exp(log_share(TWO, np.array([[edit, edit], also, [first, last]])))
    assert total == pytest.approx(1)
    assert whole_axes(TWO) == (False, True, False) and whole_axes(ONE) == (False, False)
    assert log_share(TWO, np.array([[0, 1], [0, 0], [0, 0]])) == -np.inf


SLICED = concept_space(
    {"edits": [edit.name for edit in ONE.edits[:8]], "groups": {"topic": {"fire": 0, "theft": 1, "flood": 2}}}
)


def test_an_edit_that_fails_whosever_articles_are_edited_is_one_mode() -> None:
    """Where the agent chose the topic, too; what fails for one topic alone says for which."""
    regions = [Region((0, 2, 1), (2, 2, 3), 0.9), Region((1, 5, 0), (1, 5, 3), 0.9)]
    for seed in range(2):
        modes = explored(steadfast(SLICED), regions, seed, 20)
        found = score(SLICED, modes, regions)
        assert found.n_covered == 2 and found.n_false == 0 and len(modes) == 2
        names = {mode.name for mode in modes}
        assert f"topic = theft and {SLICED.edits[5].name}" in names
        assert any(name.startswith(f"{SLICED.edits[2].name} ") for name in names)
