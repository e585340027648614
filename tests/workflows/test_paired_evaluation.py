"""What is shown to both versions of a target, and what is told of the difference."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from failscape.concepts import concept_space
from failscape.envs.tasks.summarization import NOUNS
from failscape.errors import UsageError
from failscape.mitigation.paired_evaluation import BeforeAfter, measure, plan
from failscape.workflows.environment import build
from failscape.workflows.run import Run


def test_the_plan_shows_items_at_several_points_of_a_mode_and_no_pair_twice(found: Path) -> None:
    run = Run(found)
    mdp, modes = build(run.settings).mdp, run.found_modes()
    pairs = plan(mdp, modes[:2], [1, 2], 10_000, 0)
    held_out = np.flatnonzero(mdp.items.held_out)
    assert set(pairs["item"]) <= set(held_out) and (pairs["kind"] == "clean").sum() == len(held_out)
    assert not pairs.duplicated(["kind", "mode", "item", "point"]).any()
    for number, mode in ((1, modes[0]), (2, modes[1])):
        own = pairs[(pairs["kind"] == "mode") & (pairs["mode"] == number)]
        assert set(own["point"]) <= set(mode.points.tolist())
        item, point = np.repeat(held_out, len(mode.points)), np.tile(mode.points, len(held_out))
        valid = mdp.valid(mdp.space.point(point), item).reshape(len(held_out), -1).sum(axis=1)
        counts = own["item"].value_counts().reindex(held_out, fill_value=0).to_numpy()
        held = np.isin(mdp.items.group[held_out], mode.classes) | (not mode.classes)
        np.testing.assert_array_equal(counts, held * np.minimum(valid, 10))
        assert not mode.classes or set(mdp.items.group[own["item"]]) <= set(mode.classes)
        free = pairs[(pairs["kind"] == "untouched") & pairs["point"].isin(mode.points)]
        assert (mode.classes and not set(mdp.items.group[free["item"]]) & set(mode.classes)) or not len(free)


def test_where_points_choose_a_class_only_its_items_are_shown() -> None:
    """A mode of one class is aimed at its items, and what is left of its points is nobody's."""
    space = concept_space(["class", "darken=0,0.2,0.4"], classes={"a": 0, "b": 1})
    items = SimpleNamespace(held_out=np.ones(80, bool), distinct=np.ones(80, bool), group=np.arange(80) % 2)
    mode = SimpleNamespace(points=np.array([1, 2, 5]), classes=())

    def valid(points: np.ndarray, shown: np.ndarray) -> np.ndarray:
        return space.suits(points, items.group[shown])

    mdp = SimpleNamespace(items=items, space=space, valid=valid, valid_cells=None)
    pairs = plan(mdp, [mode], [1], 10_000, 0)  # type: ignore[arg-type, list-item]
    edited = pairs[pairs["point"] >= 0]
    assert (items.group[edited["item"]] == space.point(edited["point"].to_numpy())[:, 0]).all()
    own = pairs[pairs["kind"].isin(["targeted", "mode"])]
    assert set(own["point"]) == {1, 2, 5} and (own.groupby("kind")["item"].nunique() == 80).all()
    assert set(pairs[pairs["kind"] == "untouched"]["point"]) == {0, 3, 4}


def test_the_excess_that_is_gone_is_beside_the_same_items_unedited() -> None:
    """Of ten items, of which item 9 is in no mode: 7 of 9 fail edited and 1 of 9 not; after, 3 of 9 and 1 of 9."""
    clean = {"kind": "clean", "mode": 0, "item": np.arange(10), "point": -1}
    clean |= {"failed_before": np.isin(np.arange(10), [0, 9]), "failed_after": np.arange(10) == 1}
    edited = {"kind": "targeted", "mode": 0, "item": np.arange(9), "point": 4}
    edited |= {"failed_before": np.arange(9) < 7, "failed_after": np.arange(9) < 3}
    table = pd.concat([pd.DataFrame(clean), pd.DataFrame(edited)], ignore_index=True)
    found = BeforeAfter(table, {}, {})
    assert found.excess_gone == pytest.approx(1 - (3 - 1) / (7 - 1))
    assert (found.targeted.before, found.targeted.n) == (pytest.approx(7 / 9), 9)
    assert np.isnan(BeforeAfter(pd.DataFrame(clean), {}, {}).excess_gone)


@pytest.mark.parametrize("queries", [40, 333, 700])
def test_no_more_is_asked_than_was_said(queries: int, found: Path) -> None:
    """Every part is still there, and none is left with fewer items than the others but those that have no more."""
    run = Run(found)
    mdp, modes = build(run.settings).mdp, run.found_modes()[:1]
    whole, pairs = (plan(mdp, modes, [1], n, 0) for n in (100_000, queries))
    assert len(pairs[["item", "point"]].drop_duplicates()) <= queries < len(whole)
    by = ["kind", "mode", pairs["point"].where(pairs["kind"] == "untouched", -1)]
    sizes = pairs.groupby(by).size()
    assert set(pairs["kind"]) == set(whole["kind"]) and sizes.max() > 0
    before = mdp.target.n_queries
    measure(mdp, mdp, run.found_modes(), [1], queries=queries)
    assert mdp.target.n_queries - before <= 2 * queries


def test_too_few_queries_for_the_parts_are_refused(found: Path) -> None:
    run = Run(found)
    with pytest.raises(UsageError, match=r"2 queries are fewer than the \d+ parts .* give --queries \d+ or more"):
        plan(build(run.settings).mdp, run.found_modes()[:1], [1], 2, 0)


def test_new_failures_are_counted_among_what_had_been_right() -> None:
    """A pair that two parts share counts once, and one that was wrong before not at all."""
    table = pd.DataFrame(
        {
            "kind": ["clean", "targeted", "mode", "targeted", "untouched"],
            "mode": [0, 0, 1, 0, 0],
            "item": [1, 1, 1, 2, 2],
            "point": [-1, 4, 4, 4, 5],
            "failed_before": [False, False, False, True, False],
            "failed_after": [False, True, True, True, False],
            "confidence_after": 0.5,
        }
    )
    found = BeforeAfter(table, {}, {})
    assert (len(found.new_failures), found.n_right) == (1, 3)


def test_a_version_against_itself_shows_no_change(found: Path) -> None:
    run = Run(found)
    mdp = build(run.settings).mdp
    heard: list[tuple[int, int]] = []
    same = measure(mdp, mdp, run.found_modes(), [1], queries=1000, step=lambda *told: heard.append(told))
    assert isinstance(same, BeforeAfter) and same.targeted.change == same.clean.change == same.untouched.change == 0
    assert len(same.new_failures) == 0 and same.harmed == [] and heard[-1][0] == heard[-1][1]


def test_what_became_worse_elsewhere_is_told_where_chance_does_not_explain_it() -> None:
    """Either way round; the same outcomes cost nothing."""
    better, worse = np.arange(300) < 6, np.arange(300) < 40
    rows = {
        "kind": "clean",
        "mode": 0,
        "item": np.arange(300),
        "point": -1,
        "predicted_after": 0,
        "confidence_after": 0.5,
    }

    def versions(before: np.ndarray, after: np.ndarray) -> BeforeAfter:
        outcomes = {
            "failed_before": before,
            "failed_after": after,
            "score_before": 1.0 - before,
            "score_after": 1.0 - after,
        }
        clean = pd.DataFrame({**rows, **outcomes})
        untouched = clean.assign(kind="untouched", point=3)
        table = pd.concat([clean, untouched], ignore_index=True)
        return BeforeAfter(table, {}, {3: "lower-case 50 %"}, NOUNS)

    assert [str(cost) for cost in versions(better, worse).costs] == [
        "unedited articles fail more often: 2.0\N{NO-BREAK SPACE}% → 13\N{NO-BREAK SPACE}%",
        "the score of the summary of unedited articles fell: 98\N{NO-BREAK SPACE}% → 87\N{NO-BREAK SPACE}%",
        "untouched points fail more often on average: 2.0\N{NO-BREAK SPACE}% → 13\N{NO-BREAK SPACE}%",
    ]
    assert versions(worse, better).costs == [] and versions(better, better).costs == []


def test_other_items_cannot_be_paired(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(found)
    settings: Callable[..., object] = run.settings.make.__setitem__
    mdp = build(run.settings).mdp
    settings("max_items", 200)
    with pytest.raises(UsageError, match="not shown the same items"):
        measure(mdp, build(run.settings).mdp, run.found_modes(), [1])
