"""The last leg asks for every seen factor by captions that differ in nothing else, and leaves the towers alone."""

import numpy as np
import torch

from failscape.data.street.traffic.captions import SEEN
from failscape.data.street.traffic.factors import BY_NAME
from zoo.street_alignment import N_CHOICES, Aligned, choices_of
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
    aligned = Aligned(new_clip(tokenizer))
    names = {name for name, _ in aligned.named_parameters()}
    assert names == {"pictures.weight", "captions.weight", "scale"}
    choices = choices_of(1, 0, 8, np.random.default_rng(0), tokenizer)
    optimizer = torch.optim.AdamW(aligned.parameters(), 3e-3)
    losses = []
    for _ in range(6):
        losses.append(aligned.loss(choices))
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < losses[0] and all(loss.isfinite() for loss in losses)
