"""What a classifier's fine-tune keeps to: its old answers to clean items, for clean and edited ones."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, rel_entr

from failscape.mitigation.trainers.image_classification import distance_to


@pytest.mark.parametrize("kept", [[True, True, True], [True, False, True], [False, False, False]])
def test_the_distance_to_old_answers_counts_edited_items_whose_right_answer_stayed(kept: list[bool]) -> None:
    rng = np.random.default_rng(0)
    old, scores = log_softmax(rng.normal(size=(3, 4)), axis=1), rng.normal(size=(6, 4))
    now = np.exp(log_softmax(scores, axis=1))
    expected = [
        rel_entr(np.exp(old[i]), now[i]).sum() + kept[i] * rel_entr(np.exp(old[i]), now[3 + i]).sum() for i in range(3)
    ]
    found = distance_to(torch.from_numpy(old), torch.from_numpy(scores), torch.tensor(kept))
    assert float(found) == pytest.approx(float(np.mean(expected)))


def test_old_answers_are_at_no_distance() -> None:
    scores = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    old = scores.log_softmax(dim=1)
    assert float(distance_to(old, scores.repeat(2, 1), torch.ones(5, dtype=torch.bool))) == pytest.approx(0, abs=1e-6)
