"""Rewards of classifiers against their formulas, by hand and in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from failscape.data.batch import Rows
from failscape.rewards import CLASSIFICATION_REWARDS, Evaluation, Judgement
from failscape.rewards.classification import fsrl, margin, margins
from failscape.targets.outputs import ClassifierOutputs


def judge(reward: object, logits: np.ndarray, references: np.ndarray) -> Judgement:
    n = len(logits)
    outputs = ClassifierOutputs(torch.from_numpy(np.asarray(logits, np.float32)), torch.zeros(n, 1))
    rows = Rows(torch.zeros(n, 1), torch.as_tensor(references))
    return reward(Evaluation(np.arange(n), np.zeros((n, 1), np.int64), rows, rows, outputs))


def numpy_margin(logits: np.ndarray, references: np.ndarray) -> np.ndarray:
    exp = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probs = exp / exp.sum(axis=1, keepdims=True)
    own = probs[np.arange(len(probs)), references]
    wrong = np.where(np.arange(probs.shape[1]) == references[:, None], -np.inf, probs).max(axis=1)
    return wrong - own


def numpy_fsrl(logits: np.ndarray, references: np.ndarray) -> np.ndarray:
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = (exp / exp.sum(axis=1, keepdims=True)).max(axis=1)
    return np.where(logits.argmax(axis=1) != references, 10 * np.abs(np.log(p / (1 - p + 1e-7))), -1)


@st.composite
def answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Logits ``(B, C)`` and true classes ``(B,)``."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 6)))
    logits = draw(arrays(np.float32, shape, elements=st.floats(-50, 50, width=32)))
    references = draw(arrays(np.int64, shape[0], elements=st.integers(0, shape[1] - 1)))
    return logits, references


@given(answers())
@settings(max_examples=100, deadline=None)
def test_margin_is_the_formula(answer: tuple[np.ndarray, np.ndarray]) -> None:
    logits, references = answer
    judgement = judge(margin, logits, references)
    np.testing.assert_allclose(judgement.reward.numpy(), numpy_margin(logits, references), atol=1e-5)


@pytest.mark.parametrize("name", CLASSIFICATION_REWARDS)
@given(answers())
@settings(max_examples=60, deadline=None)
def test_shapes_types_and_ranges(name: str, answer: tuple[np.ndarray, np.ndarray]) -> None:
    logits, references = answer
    judgement = judge(CLASSIFICATION_REWARDS[name], logits, references)
    float32 = torch.float32
    assert [column.dtype for column in judgement] == [float32, torch.bool, float32, torch.int64, float32, float32]
    assert all(column.shape == (len(logits),) and column.isfinite().all() for column in judgement)
    assert judgement.failed.tolist() == (logits.argmax(axis=1) != references).tolist()
    assert ((judgement.severity >= 0) & (judgement.severity <= 1)).all()


@given(answers())
@settings(max_examples=100, deadline=None)
def test_the_sign_of_the_margin_says_who_fails(answer: tuple[np.ndarray, np.ndarray]) -> None:
    reward, failed, severity, *_ = judge(margin, *answer)
    assert (reward.abs() <= 1).all()
    # Two classes in a tie leave a margin of 0 on either side of the verdict.
    assert (reward[failed] >= 0).all() and (reward[~failed] <= 0).all()
    torch.testing.assert_close(severity, (reward + 1) / 2)


@given(answers(), st.floats(0.1, 5))
@settings(max_examples=60, deadline=None)
def test_the_margin_grows_with_how_wrong_the_target_is(answer: tuple[np.ndarray, np.ndarray], more: float) -> None:
    logits, references = answer
    worse = logits.copy()
    worse[np.arange(len(logits)), references] -= more
    before, after = judge(margin, logits, references), judge(margin, worse, references)
    assert (after.reward >= before.reward - 1e-6).all()
    assert (after.severity >= before.severity - 1e-6).all()
    assert (after.failed | ~before.failed).all()  # less for the true class corrects nothing


def test_margins_by_hand() -> None:
    log = np.log
    logits = torch.tensor([[log(0.7), log(0.2), log(0.1)]] * 3).float()
    expected = torch.tensor([0.2 - 0.7, 0.7 - 0.2, 0.7 - 0.1])
    torch.testing.assert_close(margins(logits.softmax(dim=1), torch.tensor([0, 1, 2])), expected)


def test_margins_at_the_edges() -> None:
    sure = torch.tensor([[1.0, 0.0]])
    assert margins(sure, torch.tensor([0])).item() == -1 and margins(sure, torch.tensor([1])).item() == 1
    tie = torch.full((1, 4), 0.25)
    assert margins(tie, torch.tensor([2])).item() == 0
    one_class = torch.ones(1, 1)
    assert margins(one_class, torch.tensor([0])).item() == -1
    assert not judge(margin, np.zeros((1, 1)), np.array([0])).failed.item()


@pytest.mark.parametrize("name", CLASSIFICATION_REWARDS)
def test_an_empty_batch_is_judged_empty(name: str) -> None:
    judgement = judge(CLASSIFICATION_REWARDS[name], np.zeros((0, 3)), np.zeros(0, np.int64))
    assert all(column.shape == (0,) for column in judgement)


@given(answers())
@settings(max_examples=60, deadline=None)
def test_fsrl_is_the_released_formula(answer: tuple[np.ndarray, np.ndarray]) -> None:
    logits, references = answer
    found = judge(fsrl, logits, references)
    # Near p = 1 the formula is 1e-7 away from infinity, where float32 keeps two digits.
    np.testing.assert_allclose(found.reward.numpy(), numpy_fsrl(logits, references), rtol=0.02, atol=1e-3)
    assert (found.reward[~found.failed] == -1).all() and (found.reward[found.failed] >= 0).all()


def wrong_with(p: float) -> np.ndarray:
    """Logits of three classes whose first is predicted with probability ``p``; the last is the true one."""
    rest = (1 - p) / 2
    return np.log(np.array([[p, rest, rest]]))


def test_fsrl_by_hand_and_its_known_defect() -> None:
    rewards = {p: judge(fsrl, wrong_with(p), np.array([2])).reward.item() for p in (0.34, 0.4, 0.5, 0.6, 0.9)}
    assert rewards[0.5] == pytest.approx(0, abs=1e-4)
    assert rewards[0.9] == pytest.approx(10 * np.log(9), rel=1e-4)
    # Less sure of a wrong answer than a coin is paid as much as surer: it is not monotone in how wrong the target is.
    assert rewards[0.4] == pytest.approx(rewards[0.6], rel=1e-4)
    assert rewards[0.34] > rewards[0.4] > rewards[0.5] < rewards[0.6] < rewards[0.9]
    severities = [judge(fsrl, wrong_with(p), np.array([2])).severity.item() for p in rewards]
    assert severities == sorted(severities)  # severity is the margin's, and monotone


def test_fsrl_stays_finite_where_the_target_is_certain() -> None:
    judgement = judge(fsrl, np.array([[1000.0, 0.0]]), np.array([1]))
    assert judgement.reward.item() == pytest.approx(10 * np.log(1e7), rel=1e-3)
