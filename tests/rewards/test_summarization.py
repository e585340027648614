"""Verdicts on summaries: bounded, calibrated, and won by quality alone."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.common.references import join_references
from failscape.data.batch import Articles
from failscape.errors import UsageError
from failscape.rewards.base import Evaluation, Judgement
from failscape.rewards.summarization import (
    ANSWERS,
    DROPS,
    FailureThreshold,
    FsrlReward,
    SummaryReward,
    Unedited,
    calibrate,
    kinds_of,
    parse_reward,
)
from failscape.rewards.text_metrics.metrics import METRICS, rouge

REFERENCE = "A bus hit a van on Mill Lane in Northgate on Monday, 3 people injured, road closed for 4 hours."
BAR = FailureThreshold(0.5, 0.4)
SCORES = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40)


def evaluation(
    texts: list[str], edited: list[str], references: list[str], items: list[int] | None = None
) -> Evaluation:
    n = len(texts)
    outputs = SimpleNamespace(texts=np.array(texts, object))
    after = Articles.of(list(zip(edited, references, strict=True)))
    before = Articles.of([("an article", reference) for reference in references])
    rows = np.array(items or range(n), np.int64)
    return Evaluation(rows, np.zeros((n, 1), np.int64), before, after, outputs)


def judged(texts: list[str], kind: str = "drop", threshold: FailureThreshold = BAR, **how: object) -> Judgement:
    n = len(texts)
    unedited = Unedited(np.array([REFERENCE] * n, str), np.ones(n, np.float32))
    reward = SummaryReward(kind, rouge, unedited, threshold, **how)
    return reward(evaluation(texts, ["an article"] * n, [REFERENCE] * n))


@given(SCORES)
def test_one_clean_summary_in_twenty_is_poor_and_the_drop_is_bounded(scores: list[float]) -> None:
    values = np.array(scores, np.float32)
    threshold = calibrate(values)
    assert (values < threshold.score - 1e-6).sum() <= 0.05 * len(values) + 1
    assert DROPS[0] <= threshold.drop <= DROPS[1]


def test_the_bar_by_hand() -> None:
    threshold = calibrate(np.linspace(0, 1, 101))
    assert threshold.score == pytest.approx(0.05) and threshold.drop == pytest.approx(0.9)
    assert calibrate(np.full(10, 0.8)).drop == pytest.approx(0.1)
    assert calibrate(np.zeros(10)) == FailureThreshold(0.0, 0.5)
    assert calibrate(np.zeros(0)).drop == 0.5


@given(SCORES, st.floats(0.1, 0.9), st.sampled_from(["drop", "score"]))
def test_severity_is_one_half_at_the_bar_and_grows_with_what_is_lost(
    scores: list[float], drop: float, kind: str
) -> None:
    values = np.sort(np.array(scores, np.float32))
    reward = SummaryReward(kind, rouge, Unedited(np.array([]), np.array([])), FailureThreshold(1 - drop, drop))
    usual = np.ones(len(values), np.float32)
    severity = reward._severity(values, usual)
    assert (np.diff(severity) <= 1e-6).all() and severity.min() >= 0 and severity.max() <= 1
    lost = 1 - values.astype(float)
    assert (severity[lost > drop + 1e-4] > 0.5).all() and (severity[lost < drop - 1e-4] < 0.5).all()


@given(st.lists(st.sampled_from(["", " ", REFERENCE, "A bus.", "Nothing like it"]), min_size=1, max_size=6))
@settings(deadline=None)
def test_bounded_and_positive_where_it_fails(texts: list[str]) -> None:
    for kind in ("drop", "score"):
        found = judged(texts, kind)
        reward, failed = found.reward.numpy(), found.failed.numpy()
        assert np.abs(reward).max() <= 1 and (reward[failed] > 0).all() and (reward[~failed] <= 0).all()
        np.testing.assert_allclose(reward, 2 * found.severity.numpy() - 1, atol=1e-6)
        assert failed[[not text.strip() for text in texts]].all()


@pytest.mark.parametrize("kind", ["drop", "score"])
@pytest.mark.parametrize("metric", sorted(set(METRICS) - {"similarity"}))
def test_length_alone_wins_nothing(kind: str, metric: str) -> None:
    """FSRL pays for the growth of the article; here an article of any length with a good summary earns the same."""
    unedited = Unedited(np.array([REFERENCE] * 3, str), np.ones(3, np.float32))
    reward = SummaryReward(kind, METRICS[metric], unedited, FailureThreshold(0.5, 0.4))
    articles = ["a short one", "a short one " * 100, ""]
    same = reward(evaluation([REFERENCE] * 3, articles, [REFERENCE] * 3)).reward
    assert same.tolist() == [-1, -1, -1]
    shorter, longer = REFERENCE[:-10], REFERENCE + " So it was."
    theirs = FsrlReward(METRICS[metric])(evaluation([REFERENCE] * 2, [shorter, longer], [REFERENCE] * 2))
    base = np.array([len(shorter), len(longer)]) - len("an article")
    assert (np.sign(theirs.reward.numpy()) == np.sign(base)).all()  # paid for length, whatever the summary


@pytest.mark.parametrize("metric", sorted(set(METRICS) - {"similarity"}))
def test_longer_or_shorter_summaries_are_no_way_to_hide(metric: str) -> None:
    """Padding or cutting a perfect summary never lowers the reward of a failure, so it never hides one."""
    unedited = Unedited(np.array([REFERENCE] * 3, str), np.ones(3, np.float32))
    reward = SummaryReward("drop", METRICS[metric], unedited, FailureThreshold(0.5, 0.4))
    texts = [REFERENCE, REFERENCE + " It was a day like any other and nobody knows why." * 5, REFERENCE[:20]]
    found = reward(evaluation(texts, ["x"] * 3, [REFERENCE] * 3)).reward
    assert found[0] == -1 and (found[1:] >= found[0]).all()


def test_an_edit_that_takes_something_away_is_judged_by_the_summary_of_the_whole() -> None:
    effects = lambda points: np.array(["invalidated", "preserved"], object)  # noqa: E731
    said = "A bus hit something."
    unedited = Unedited(np.array([said, said], str), np.array([0.4, 0.4], np.float32))
    reward = SummaryReward("drop", rouge, unedited, FailureThreshold(0.5, 0.3), effects)
    found = reward(evaluation([said, said], ["cut", "cut"], [REFERENCE, REFERENCE]))
    assert found.score[0] == 1 and found.score[1] == pytest.approx(rouge(np.array([said]), np.array([REFERENCE]))[0])
    assert not found.failed[0]


def test_without_references_the_unedited_summary_stands_for_them() -> None:
    unedited = Unedited(np.array(["all is well", "all is well"], str), np.ones(2, np.float32))
    reward = SummaryReward("drop", rouge, unedited, FailureThreshold(1.0, 0.3))
    found = reward(evaluation(["all is well", "quite another thing"], ["x", "x"], ["", ""]))
    assert found.failed.tolist() == [False, True]


def test_what_is_wrong_is_told_apart() -> None:
    texts = [
        REFERENCE,
        "  ",
        REFERENCE.replace("3 people", "8 people"),
        REFERENCE.replace("Northgate", "Eastfield"),
        "something happened",
    ]
    kinds = kinds_of(texts, [REFERENCE] * 5, np.array([False, True, True, True, True]))
    assert [ANSWERS[k] for k in kinds[:4]] == ["as it should be", "nothing", "other numbers", "other names"]
    assert [ANSWERS[k] for k in kinds_of(["it rained"], ["it was dry"], np.array([True]))] == ["other words"]


def test_fsrl_fails_below_ten_bleu_and_its_severity_agrees() -> None:
    article = "the bus hit the van on the lane in the town"
    texts = [article, "nothing in common here"]
    base = evaluation(texts, [article + " today"] * 2, [REFERENCE] * 2)
    base.inputs.text[:] = article
    found = FsrlReward(rouge)(base)
    assert found.failed.tolist() == [False, True]
    assert found.severity[0] < 0.5 < found.severity[1] <= 1


def test_rewards_by_name() -> None:
    assert parse_reward("drop") == ("drop", METRICS["rouge"]) and parse_reward("score:bleu") == (
        "score",
        METRICS["bleu"],
    )
    with pytest.raises(UsageError, match="did you mean drop"):
        parse_reward("dropp")
    with pytest.raises(UsageError, match="takes no 'blue'"):
        parse_reward("drop:blue")


def test_an_edit_that_did_not_preserve_the_meaning_is_no_failure_of_the_target() -> None:
    effects = lambda points: np.array(["preserved", "preserved", "invalidated"], object)  # noqa: E731
    unedited = Unedited(np.array([REFERENCE] * 3, str), np.ones(3, np.float32))
    asked = []

    def alike(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
        asked.append(len(candidates))
        return np.array([0.9, 0.3][: len(candidates)], np.float32)

    reward = SummaryReward("drop", rouge, unedited, BAR, effects, alike, 0.5)
    found = reward(evaluation(["nothing alike"] * 3, ["x", "y", "z"], [REFERENCE] * 3))
    assert found.failed.tolist() == [True, False, True] and asked == [2] and found.reward[1] == -1


@pytest.mark.parametrize(
    ("effect", "kept", "reference", "judged"),
    [
        ("transformed", True, REFERENCE, True),
        ("transformed", False, REFERENCE, False),  # the reference did not follow
        ("preserved", True, REFERENCE, True),
        ("invalidated", True, REFERENCE, True),  # beside the summary of the unedited article
        ("invalidated", True, "another reference", False),  # which is outdated, too
        ("transformed", True, "", False),  # no reference that could have followed
    ],
)
def test_where_nothing_says_what_is_right_nothing_fails(effect: str, kept: bool, reference: str, judged: bool) -> None:
    unedited = Unedited(np.array([REFERENCE], str), np.ones(1, np.float32))
    reward = SummaryReward("drop", rouge, unedited, BAR, lambda points: np.array([effect], object))
    said = evaluation(["nothing alike"], ["edited"], [reference])
    before = Articles.of([("an article", REFERENCE if reference else "")])
    after = Articles(said.edited.text, said.edited.reference, np.array([kept]))
    found = reward(said._replace(inputs=before, edited=after))
    assert found.failed.item() == judged and (found.severity.item() == 0) != judged


def test_what_is_wrong_is_told_beside_the_closest_reference() -> None:
    several = join_references(["Something else.", REFERENCE, "x"])
    kinds = kinds_of([REFERENCE.replace("3 people", "8 people")], [several], np.array([True]))
    assert ANSWERS[kinds[0]] == "other numbers"
