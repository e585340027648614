"""What targets answer, in parts and joined."""

import numpy as np
import torch

from failscape.targets.outputs import ClassifierOutputs, SummarizerOutputs


def test_parts_are_joined_in_their_order() -> None:
    parts = [ClassifierOutputs(torch.full((n, 2), float(n)), torch.zeros(n, 3)) for n in (1, 2)]
    whole = ClassifierOutputs.joined(parts)
    assert whole.logits[:, 0].tolist() == [1, 2, 2] and whole.features.shape == (3, 3)


def test_what_is_no_tensor_stays_where_it_is() -> None:
    outputs = SummarizerOutputs(np.array(["a", "b"], object), torch.zeros(2, 3), np.array([True, False]))
    moved = outputs.to("meta")
    assert moved.texts is outputs.texts and moved.features.device.type == "meta"
    whole = SummarizerOutputs.joined([outputs, outputs])
    assert whole.output_text().tolist() == ["a", "b", "a", "b"] and whole.truncated().tolist() == [True, False] * 2


def test_a_target_that_does_not_write_has_written_nothing() -> None:
    outputs = ClassifierOutputs(torch.zeros(2, 4), torch.zeros(2, 3))
    assert outputs.output_text().tolist() == ["", ""] and not outputs.truncated().any()
