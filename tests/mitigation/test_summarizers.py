"""What becomes of a summarizer that is taught."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import failscape as fs
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation import Epoch, Tuned, fine_tune, recipe
from failscape.mitigation.state import copy_weights, distinct
from failscape.mitigation.trainable import trainable
from tests.support.text_mending import KINDS, MODE, PAIRS

QUICK = {"epochs": 2, "lr": 0.01}


def run(mdp: ConceptMDP, how: str = "full", state: Path | None = None, tell: Any = None, **settings: Any) -> Tuned:
    return fine_tune(mdp, [MODE], recipe(how, {**QUICK, **settings}, "summarizer"), state=state, tell=tell)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("how", ["full", "lora"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_and_is_frozen_again(text_world: Callable[..., ConceptMDP], kind: str, how: str) -> None:
    mdp = text_world(kind, n=16)
    module: Any = mdp.target.module
    before, tied, cached = copy_weights(module), distinct(module), module.config.use_cache
    tuned = run(mdp, how, lr=0.02, batch_size=6)
    assert not tuned.diverged and tuned.best > 0 and tuned.history[tuned.best].loss < tuned.history[0].loss
    after = copy_weights(module)
    assert after.keys() == before.keys() and not same(before, after)  # updates are merged, names are the module's own
    assert distinct(module) == tied and module.config.use_cache == cached
    assert not any(p.requires_grad for p in module.parameters()) and not any(m.training for m in module.modules())
    assert all(p.grad is None for p in module.parameters())
    last = "lm_head.weight"
    assert how == "full" or torch.equal(before[last], after[last])  # its weights are often those that read words
    assert how == "lora" or tuned.n_weights == sum(p.numel() for p in module.parameters())


def test_what_is_taught_is_written_then(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world("llama?min_tokens=0", wanted="ok")
    held_out = np.flatnonzero(mdp.items.held_out)
    edited = mdp.at(held_out, mdp.space.point(np.full(len(held_out), 3)))
    tuned = run(mdp, epochs=5, lr=0.03, average=0.5, batch_size=4)
    assert tuned.history[0].edited_error == 1 and tuned.history[tuned.best].edited_error < 0.2
    assert (mdp.evaluate(edited).truth == 1).mean() > 0.8


def test_it_is_a_function_of_its_arguments_and_leaves_chance_alone(text_world: Callable[..., ConceptMDP]) -> None:
    ends = []
    for seed in (0, 0, 1):
        mdp = text_world("bart", n=16)  # which has dropout
        drawn = random.random(), np.random.random(), torch.rand(1)  # noqa: NPY002 - what others draw does not matter
        states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index] # noqa: NPY002
        run(mdp, "lora", seed=seed, epochs=1)
        assert random.getstate() == states[0] and torch.equal(torch.get_rng_state(), states[2]) and drawn
        assert np.random.get_state()[1].tolist() == states[1]  # type: ignore[index] # noqa: NPY002
        ends.append(copy_weights(mdp.target.module))
    assert same(ends[0], ends[1]) and not same(ends[0], ends[2])


@pytest.mark.parametrize("how", ["full", "lora"])
def test_a_killed_one_goes_on_to_the_same_end(text_world: Callable[..., ConceptMDP], how: str, tmp_path: Path) -> None:
    undisturbed = text_world(n=16)
    expected = run(undisturbed, how, epochs=3)

    def kill(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(text_world(n=16), how, tmp_path, tell=kill, epochs=3)
    heard: list[int] = []
    again = text_world(n=16)
    tuned = run(again, how, tmp_path, tell=lambda epoch: heard.append(epoch.number), epochs=3)
    assert heard == [2, 3] and tuned.best == expected.best
    assert same(copy_weights(again.target.module), copy_weights(undisturbed.target.module))


def test_held_out_items_teach_nothing(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world()
    held_out = tuple(np.flatnonzero(mdp.items.held_out).tolist())
    other = text_world(other=held_out)
    assert len(held_out) > 3 and (other.items.inputs != mdp.items.inputs).any(axis=1).sum() == len(held_out)
    for one in (mdp, other):
        run(one, epochs=1)
    assert same(copy_weights(mdp.target.module), copy_weights(other.target.module))


@pytest.mark.parametrize("kind", ["t5", "gpt2"])
def test_merged_updates_write_as_the_adapted_model_did(load_tiny: Callable[[str], fs.Summarizer], kind: str) -> None:
    target = load_tiny(kind)
    articles = [article for article, _ in PAIRS]
    unchanged = target(articles).texts
    with trainable(target, "lora", rank=2), torch.no_grad():
        for name, parameter in target.module.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.3, generator=torch.Generator().manual_seed(len(name)))
        adapted = target(articles)
    merged = target(articles)
    assert merged.texts.tolist() == adapted.texts.tolist() != unchanged.tolist()
    torch.testing.assert_close(merged.features, adapted.features, rtol=1e-3, atol=1e-3)
    assert not any("lora" in name for name in target.module.state_dict())


def test_short_weights_learn_in_full_precision(text_world: Callable[..., ConceptMDP]) -> None:
    """A rate so low that bfloat16 could not hold what a step adds."""
    mdp = text_world(n=16)
    mdp.target.module.to(torch.bfloat16)
    tuned = run(mdp, lr=1e-4, average=0.0)
    assert tuned.history[1].loss != tuned.history[2].loss
    assert {p.dtype for p in mdp.target.module.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(
    "how, settings, message",
    [
        ("head", {}, "a summarizer cannot be mended by its last layer alone: --how full or lora"),
        ("lorra", {}, "did you mean lora?"),
        ("full", {"distill": 1.0}, "distill is for classifiers"),
        ("full", {"rehearse": 2.0}, "rehearse must be between 0 and 1"),
        ("full", {"kind": "classifier"}, "a fine-tune has no setting 'kind'"),
    ],
)
def test_mistakes(how: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        recipe(how, settings, "summarizer")


def test_divergence_gives_the_old_weights_back(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world(n=16)
    before = copy_weights(mdp.target.module)
    tuned = run(mdp, lr=10.0, average=0.0, clip=1e6)
    assert tuned.diverged and tuned.best == 0 and same(before, copy_weights(mdp.target.module))
