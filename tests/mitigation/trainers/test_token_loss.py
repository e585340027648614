"""The loss of a summarizer is the mean over tokens, whatever they are batched with."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import failscape as fs
from failscape.mitigation.trainers.seq2seq import NOT_COUNTED, _Trainer, encode, encode_parts, token_loss

PAIRS = [("Ada saw a dog.", "Dog."), ("Ben saw 3 very big cars near it.", "3 cars were seen.")]


@pytest.mark.parametrize("kind", ["bart", "llama"])
def test_the_loss_ignores_padding(load: Callable[[str], fs.Summarizer], kind: str) -> None:
    target = load(kind)
    single = [encode(target, [pair]) for pair in PAIRS]
    counts = [int((batch["labels"] != NOT_COUNTED).sum()) for batch in single]
    assert len("Dog.") < counts[0] < counts[1] <= len(PAIRS[1][1]) + 2  # a token per character, beginning and end
    with torch.no_grad():
        losses = [float(target.module(**batch).loss) for batch in single]
    expected = np.average(losses, weights=counts)
    together = encode(target, PAIRS)
    assert (together["labels"] == NOT_COUNTED).any() and together["labels"].shape[0] == 2
    with torch.no_grad():
        assert float(target.module(**together).loss) == pytest.approx(expected, rel=1e-4)
    assert token_loss(target, PAIRS) == pytest.approx(expected, rel=1e-4)
    parts = {"parts": encode_parts(target, PAIRS[::-1], 1)}
    assert [part["labels"].shape[0] for part in parts["parts"]] == [1, 1]
    with torch.no_grad():
        assert float(_Trainer.compute_loss(None, target.module, parts)) == pytest.approx(expected, rel=1e-4)  # type: ignore[arg-type]


def test_a_causal_model_is_taught_what_follows_its_prompt(load: Callable[[str], fs.Summarizer]) -> None:
    target = load("llama?max_tokens=40")
    logits, expected = None, []
    for article, wanted in PAIRS:
        prompt = target.encode([article])["input_ids"][0]
        answer = torch.tensor([*target.tokenizer(wanted, add_special_tokens=False)["input_ids"], 1])
        with torch.no_grad():
            logits = target.module(input_ids=torch.cat([prompt, answer])[None]).logits[0]
        expected.append(F.cross_entropy(logits[len(prompt) - 1 : -1], answer, reduction="none"))
    assert token_loss(target, PAIRS) == pytest.approx(float(torch.cat(expected).mean()), rel=1e-4)
