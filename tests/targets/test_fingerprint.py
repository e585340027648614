"""Weights are told from others of the same name."""

import copy

import torch
from torch import nn

from failscape.targets.fingerprint import weights_fingerprint
from tests.support.environments import tiny_classifier


def test_equal_weights_have_one_fingerprint_and_any_change_another() -> None:
    target, twin = tiny_classifier(), tiny_classifier()
    known = weights_fingerprint(target)
    assert known == weights_fingerprint(twin) and known.startswith("float32:")
    state = target.module.state_dict()
    for name, values in state.items():
        changed = {**state, name: values.clone()}
        changed[name].view(-1)[-1] += 1e-6
        assert weights_fingerprint(target.with_weights(changed)) != known, name
    swapped = {**state, "3.bias": state["3.bias"].flip(0)}
    assert weights_fingerprint(target.with_weights(swapped)) != known


def test_buffers_and_types_count_and_odd_state_is_taken() -> None:
    target = tiny_classifier()
    known = weights_fingerprint(target)
    target.module = nn.Sequential(target.module, nn.BatchNorm1d(3)).eval()
    normalised = weights_fingerprint(target)
    target.module[1].running_mean += 1
    assert len({known, normalised, weights_fingerprint(target)}) == 3
    half = copy.copy(target)
    half.module = copy.deepcopy(target.module).to(torch.bfloat16)
    assert weights_fingerprint(half).startswith("bfloat16:")


def test_what_shows_no_module_has_none() -> None:
    class Endpoint:
        name, task, n_queries = "far away", "image-classification", 0

        def __call__(self, inputs, seeds=None):
            raise NotImplementedError

    assert weights_fingerprint(Endpoint()) == ""
