"""Summarizers are taught what to write of edited articles: what exactly, by which loss, and what becomes of them."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import failscape as fs
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.summarization import make_mdp
from failscape.errors import UsageError
from failscape.mitigation import Epoch, Fitted, fine_tune, training_config
from failscape.mitigation.checkpoint import copy_weights, distinct
from failscape.mitigation.sampling import Failures
from failscape.mitigation.trainable import low_rank
from failscape.mitigation.trainers.summarization import SummarizationTrainer
from tests.support.tiny_text import KINDS

EDITS = ["delete-characters=.1,.2,.3,.4", "number-swap=.25,.5,.75,1"]
MODE = Failures(np.arange(8), ())
QUICK = {"epochs": 2, "lr": 0.01}
PAIRS = [("Ada saw a dog.", "Dog."), ("Ben saw 3 very big cars near it.", "3 cars were seen.")]


@pytest.fixture(scope="module")
def world(load: Callable[[str], fs.Summarizer], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ConceptMDP]:
    """The MDP of a tiny target; of some articles other texts may be told, of all another reference."""
    folder = tmp_path_factory.mktemp("data")

    def make(kind: str = "bart", n: int = 24, other: tuple[int, ...] = (), wanted: str = "Van {i}.") -> ConceptMDP:
        rows = [{"article": f"Story {i + 2}. The bus hit van {i} on Mill Lane.", "summary": wanted} for i in range(n)]
        for i in other:
            rows[i] = {"article": f"Ada ate {i} very ripe plums in the sun.", "summary": "{i} plums eaten."}
        rows = [{"article": row["article"], "summary": row["summary"].format(i=i)} for i, row in enumerate(rows)]
        file = folder / "articles.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)))
        return make_mdp(load(kind), file, EDITS, held_out=0.3)

    return make


def run(mdp: ConceptMDP, method: str = "full", folder: Path | None = None, tell: Any = None, **settings: Any) -> Fitted:
    return fine_tune(
        mdp, [MODE], training_config("summarization", method, {**QUICK, **settings}), folder=folder, tell=tell
    )


def trainer_of(mdp: ConceptMDP, failures: Failures = MODE, **settings: Any) -> SummarizationTrainer:
    return SummarizationTrainer(mdp, [failures], training_config("summarization", "full", settings))


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- what becomes of a target ---


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_and_is_frozen_again(world: Callable[..., ConceptMDP], kind: str, method: str) -> None:
    mdp = world(kind, n=16)
    module: Any = mdp.target.module  # type: ignore[attr-defined]
    before, tied, cached = copy_weights(module), distinct(module), module.config.use_cache
    fitted = run(mdp, method, lr=0.02, batch_size=6)
    assert not fitted.diverged and fitted.best > 0 and fitted.history[fitted.best].loss < fitted.history[0].loss
    assert same(copy_weights(module), before)  # the target is as it was
    became = mdp.target.with_weights(fitted.weights)  # type: ignore[attr-defined]
    after = copy_weights(became.module)
    assert list(fitted.weights) == tied and distinct(became.module) == tied
    assert after.keys() == before.keys() and not same(before, after)  # updates are merged, names are the module's own
    assert distinct(module) == tied and module.config.use_cache == cached
    assert not any(p.requires_grad for p in module.parameters()) and not any(m.training for m in module.modules())
    assert all(p.grad is None for p in module.parameters())
    last = "lm_head.weight"
    assert method == "full" or torch.equal(before[last], after[last])  # its weights are often those that read words
    assert method == "lora" or fitted.n_weights == sum(p.numel() for p in module.parameters())


def test_what_is_taught_is_written_then(world: Callable[..., ConceptMDP]) -> None:
    mdp = world("llama?min_tokens=0", wanted="ok")
    held_out = np.flatnonzero(mdp.items.held_out)
    edited = mdp.at(held_out, mdp.space.point(np.full(len(held_out), 3)))
    fitted = run(mdp, epochs=5, lr=0.03, average=0.5, batch_size=4)
    assert fitted.history[0].edited_error == 1 and fitted.history[fitted.best].edited_error < 0.2
    became = mdp.with_target(mdp.target.with_weights(fitted.weights), mdp.baseline)  # type: ignore[attr-defined]
    assert (mdp.evaluate(edited).score == 1).mean() < 0.2 and (became.evaluate(edited).score == 1).mean() > 0.8


def test_it_is_a_function_of_its_arguments_and_leaves_chance_alone(world: Callable[..., ConceptMDP]) -> None:
    ends = []
    for seed in (0, 0, 1):
        mdp = world("bart", n=16)  # which has dropout
        drawn = random.random(), np.random.random(), torch.rand(1)  # noqa: NPY002 - what others draw does not matter
        states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index] # noqa: NPY002
        ends.append(run(mdp, "lora", seed=seed, epochs=1).weights)
        assert random.getstate() == states[0] and torch.equal(torch.get_rng_state(), states[2]) and drawn
        assert np.random.get_state()[1].tolist() == states[1]  # type: ignore[index] # noqa: NPY002
    assert same(ends[0], ends[1]) and not same(ends[0], ends[2])


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_killed_one_goes_on_to_the_same_end(world: Callable[..., ConceptMDP], method: str, tmp_path: Path) -> None:
    expected = run(world(n=16), method, epochs=3)

    def kill(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(world(n=16), method, tmp_path, tell=kill, epochs=3)
    heard: list[int] = []
    fitted = run(world(n=16), method, tmp_path, tell=lambda epoch: heard.append(epoch.number), epochs=3)
    assert heard == [2, 3] and fitted.best == expected.best and same(fitted.weights, expected.weights)


def test_held_out_items_teach_nothing(world: Callable[..., ConceptMDP]) -> None:
    mdp = world()
    held_out = tuple(np.flatnonzero(mdp.items.held_out).tolist())
    other = world(other=held_out)
    assert len(held_out) > 3 and (other.items.batch.pair != mdp.items.batch.pair).any(axis=1).sum() == len(held_out)
    assert same(run(mdp, epochs=1).weights, run(other, epochs=1).weights)


@pytest.mark.parametrize("kind", ["t5", "gpt2"])
def test_merged_updates_write_as_the_adapted_model_did(load: Callable[[str], fs.Summarizer], kind: str) -> None:
    target = load(kind)
    articles = [article for article, _ in PAIRS]
    unchanged = target(articles).texts
    with low_rank(target, rank=2), torch.no_grad():
        for name, parameter in target.module.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.3, generator=torch.Generator().manual_seed(len(name)))
        adapted = target(articles)
    merged = target(articles)
    assert merged.texts.tolist() == adapted.texts.tolist() != unchanged.tolist()
    torch.testing.assert_close(merged.features, adapted.features, rtol=1e-3, atol=1e-3)
    assert not any("lora" in name for name in target.module.state_dict())


def test_short_weights_learn_in_full_precision(world: Callable[..., ConceptMDP]) -> None:
    """A rate so low that bfloat16 could not hold what a step adds."""
    mdp = world(n=16)
    module: Any = mdp.target.module  # type: ignore[attr-defined]
    module.to(torch.bfloat16)
    fitted = run(mdp, lr=1e-4, average=0.0)
    assert fitted.history[1].loss != fitted.history[2].loss
    assert {p.dtype for p in module.parameters()} == {w.dtype for w in fitted.weights.values()} == {torch.bfloat16}


# --- what is taught ---


def test_an_epoch_shows_items_as_they_are_and_edited(world: Callable[..., ConceptMDP]) -> None:
    mdp = world()
    trainer = trainer_of(mdp, batch_size=5, rehearse=0)
    texts = [mdp.items.batch.pair[i].tolist() for i in trainer.split.fit]
    first, second = trainer.batches(1), trainer.batches(2)
    for batch in first:
        half = len(batch) // 2
        edited, clean = batch[:half], batch[half:]
        assert len(clean) == len(edited) <= 5 and all(list(pair) in texts for pair in clean)
        assert all(c[0] != e[0] for c, e in zip(clean, edited, strict=True))
    assert trainer.batches(1) == first != second  # chance is of seed and epoch alone
    assert sum(map(len, first)) == 2 * len(trainer.split.fit)


def test_what_holds_elsewhere_is_rehearsed(load: Callable[[str], fs.Summarizer]) -> None:
    """Never where the edits may have taken something away, nor in the modes themselves."""
    mdp = make_mdp(load("bart"), "reports:?n=40", ["truncation=.2,.4,.6,.8", "misspellings=.25,.5,.75,1"], held_out=0.3)
    points = np.array([6, 7])
    trainer = trainer_of(mdp, Failures(points, ()), rehearse=0.5)
    assert mdp.space.index(trainer.elsewhere).tolist() == [4, 5]  # misspellings that no mode holds
    beside = trainer._beside(np.tile(trainer.split.fit, 20), 0.5, np.random.default_rng(0))
    rows = np.where((beside >= 0).all(axis=1), mdp.space.index(np.maximum(beside, 0)), -1)
    assert set(rows.tolist()) == {-1, 4, 5} and (rows >= 0).mean() == pytest.approx(0.5, abs=0.06)
    everywhere, rng = trainer_of(mdp, rehearse=0.5), np.random.default_rng(0)
    assert not len(everywhere.elsewhere) and (everywhere._beside(trainer.split.fit, 1.0, rng) == -1).all()


def test_the_reference_is_taught_as_the_edit_left_it(world: Callable[..., ConceptMDP]) -> None:
    mdp = world()
    trainer = trainer_of(mdp)
    items = np.arange(4)
    points = mdp.space.point(np.full(4, 7))  # all numbers swapped, in the reference too
    expected = mdp.edited(mdp.at(items, points), mdp.inputs(mdp.at(items, points))).pair
    assert trainer.pairs(items, points, items) == [tuple(row) for row in expected]
    assert (expected[:, 1] != mdp.items.batch.reference[items]).any()
    anew = trainer.pairs(items, mdp.space.point(np.full(4, 1)), items + 100)
    assert anew != trainer.pairs(items, mdp.space.point(np.full(4, 1)), items)  # other letters are misspelt


def test_where_an_edit_takes_something_away_the_old_summary_is_taught(load: Callable[[str], fs.Summarizer]) -> None:
    mdp = make_mdp(load("bart"), "reports:?n=40", ["truncation=.2,.4,.6,.8", "misspellings=.25,.5,.75,1"], held_out=0.3)
    trainer = trainer_of(mdp)
    items = np.arange(6)
    for row, consistent in ((2, True), (6, False)):
        points = mdp.space.point(np.full(6, row))
        assert (mdp.space.label_effect(points) == "invalidated").all() == consistent
        taught = [wanted for _, wanted in trainer.pairs(items, points, items)]
        assert taught == (mdp.baseline.output_text if consistent else mdp.items.batch.reference)[items].tolist()


def test_without_references_it_is_taught_to_stay_as_it_is(world: Callable[..., ConceptMDP]) -> None:
    mdp = world(wanted="")
    trainer = trainer_of(mdp)
    items = np.arange(6)
    for points in (mdp.space.point(np.full(6, 3)), np.full((6, len(mdp.space.shape)), -1)):
        assert [w for _, w in trainer.pairs(items, points, items)] == mdp.baseline.output_text[items].tolist()
    silent = copy.copy(mdp)
    silent.baseline = mdp.baseline._replace(output_text=np.full(len(mdp.items), " "))
    with pytest.raises(UsageError, match="nothing to teach"):
        trainer_of(silent)


def test_edits_that_add_up_are_taught_as_walks_make_them(load: Callable[[str], fs.Summarizer]) -> None:
    mdp = make_mdp(load("bart"), "reports:?n=40", explore="micro", held_out=0.3)
    trainer = trainer_of(mdp)
    items = np.arange(4)
    unedited = np.full((4, len(mdp.space.shape)), -1)
    assert mdp.evaluate(mdp.at(items, unedited)).output_text.tolist() == mdp.baseline.output_text[items].tolist()
    assert [a for a, _ in trainer.pairs(items, unedited, items)] == mdp.items.batch.text[items].tolist()
    points = np.zeros_like(unedited)
    points[:, 0] = 2
    walked = mdp.edited(mdp.at(items, points), mdp.items.batch.take(items)).pair
    assert [a for a, _ in trainer.pairs(items, points, items)] == walked[:, 0].tolist()


# --- what cannot be ---


@pytest.mark.parametrize(
    "method, settings, message",
    [
        ("head", {}, "no method 'head' of fine-tuning for summarization; known: full, lora"),
        ("lorra", {}, "did you mean lora?"),
        ("full", {"distill": 1.0}, "a fine-tune for summarization has no setting 'distill'"),
        ("full", {"rehearse": 2.0}, "rehearse must be between 0 and 1"),
        ("full", {"method": "lora"}, "a fine-tune for summarization has no setting 'method'"),
    ],
)
def test_mistakes(method: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        training_config("summarization", method, settings)


def test_divergence_gives_the_old_weights_back(world: Callable[..., ConceptMDP]) -> None:
    mdp = world(n=16)
    module: Any = mdp.target.module  # type: ignore[attr-defined]
    before = copy_weights(module)
    fitted = run(mdp, lr=10.0, average=0.0, clip=1e6)
    assert fitted.diverged and fitted.best == 0 and same(before, copy_weights(module))
    assert all(torch.equal(before[name], weight) for name, weight in fitted.weights.items())
