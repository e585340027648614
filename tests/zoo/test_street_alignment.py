"""The last leg asks for every seen factor by captions that differ in nothing else, and leaves the towers alone."""

import numpy as np
import torch

from failscape.data.street.traffic.captions import SEEN
from failscape.data.street.traffic.factors import BY_NAME
from zoo.street_alignment import N_CHOICES, align, choices_of, states_of
from zoo.street_clip import new_clip
from zoo.street_words import new_tokenizer

N = 40


def test_captions_of_a_scene_differ_in_one_factor() -> None:
    tokenizer = new_tokenizer(0)
    choices = choices_of(1, 0, N, np.random.default_rng(0), tokenizer)
    texts = np.array(tokenizer.batch_decode(choices.ids, skip_special_tokens=True)).reshape(N, N_CHOICES)
    sizes = {len(BY_NAME[name].values) for name in SEEN}
    for row, n, right in zip(texts, choices.n.tolist(), choices.right.tolist(), strict=True):
        assert n in sizes and len({*row[:n]}) == n and right < n and {*row[n:]} <= {row[0]}
    again = choices_of(1, 0, N, np.random.default_rng(0), tokenizer)
    assert all(torch.equal(one, other) for one, other in zip(choices, again, strict=True))


def test_only_the_projections_learn() -> None:
    torch.manual_seed(0)
    tokenizer = new_tokenizer(0)
    clip = new_clip(tokenizer).eval()
    before = {name: tensor.clone() for name, tensor in clip.state_dict().items()}
    states = states_of(clip, tokenizer, 0, 30)
    losses = align(clip, states, 60, 0)
    changed = {name for name, tensor in clip.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"visual_projection.weight", "text_projection.weight"}
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
