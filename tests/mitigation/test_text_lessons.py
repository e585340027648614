"""What summarizers are taught to write of edited articles, and by which loss."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import failscape as fs
from failscape.envs.mdp import ConceptMDP
from failscape.envs.summarizer import make_mdp
from failscape.errors import UsageError
from failscape.mitigation import recipe
from failscape.mitigation.batches import Failures, split_items
from failscape.mitigation.seq2seq import NOT_COUNTED, _Trainer, encode, encode_parts, token_loss
from failscape.mitigation.texts import TextLesson
from tests.support.text_mending import MODE, PAIRS


def lesson_of(mdp: ConceptMDP, **settings: Any) -> TextLesson:
    how = recipe("full", settings, "summarizer")
    split = split_items(np.flatnonzero(~mdp.items.held_out), mdp.items.references, how.validation, how.seed)
    return TextLesson(mdp, [MODE], split, how)


def test_an_epoch_shows_items_as_they_are_and_edited(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world()
    lesson = lesson_of(mdp, batch_size=5, rehearse=0)
    texts = [mdp.items.inputs[i].tolist() for i in lesson.split.fit]
    first, second = lesson.batches(1), lesson.batches(2)
    for batch in first:
        half = len(batch) // 2
        edited, clean = batch[:half], batch[half:]
        assert len(clean) == len(edited) <= 5 and all(list(pair) in texts for pair in clean)
        assert all(c[0] != e[0] for c, e in zip(clean, edited, strict=True))
    assert lesson.batches(1) == first != second  # chance is of seed and epoch alone
    assert sum(map(len, first)) == 2 * len(lesson.split.fit)


def test_what_holds_elsewhere_is_rehearsed(load_tiny: Callable[[str], fs.Summarizer]) -> None:
    """Never where the edits may have taken something away, nor in the modes themselves."""
    mdp = make_mdp(
        load_tiny("bart"), "reports:?n=40", ["truncation=.2,.4,.6,.8", "misspellings=.25,.5,.75,1"], held_out=0.3
    )
    points = np.array([6, 7])
    how = recipe("full", {"rehearse": 0.5}, "summarizer")
    split = split_items(np.flatnonzero(~mdp.items.held_out), mdp.items.references, how.validation, how.seed)
    lesson = TextLesson(mdp, [Failures(points, ())], split, how)
    assert mdp.space.index(lesson.elsewhere).tolist() == [4, 5]  # misspellings that no mode holds
    beside = lesson._beside(np.tile(split.fit, 20), 0.5, np.random.default_rng(0))
    rows = np.where((beside >= 0).all(axis=1), mdp.space.index(np.maximum(beside, 0)), -1)
    assert set(rows.tolist()) == {-1, 4, 5} and (rows >= 0).mean() == pytest.approx(0.5, abs=0.06)
    everywhere = TextLesson(mdp, [Failures(np.arange(8), ())], split, how)
    assert not len(everywhere.elsewhere) and (everywhere._beside(split.fit, 1.0, np.random.default_rng(0)) == -1).all()


def test_the_reference_is_taught_as_the_edit_left_it(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world()
    lesson = lesson_of(mdp)
    items = np.arange(4)
    points = mdp.space.point(np.full(4, 7))  # all numbers swapped, in the reference too
    expected = mdp.edited(mdp.at(items, points), mdp.inputs(mdp.at(items, points)))
    assert lesson.pairs(items, points, items) == [tuple(row) for row in expected]
    assert (expected[:, 1] != mdp.items.inputs[items, 1]).any()
    anew = lesson.pairs(items, mdp.space.point(np.full(4, 1)), items + 100)
    assert anew != lesson.pairs(items, mdp.space.point(np.full(4, 1)), items)  # other letters are misspelt


def test_where_an_edit_takes_something_away_the_old_summary_is_taught(
    load_tiny: Callable[[str], fs.Summarizer],
) -> None:
    mdp = make_mdp(
        load_tiny("bart"), "reports:?n=40", ["truncation=.2,.4,.6,.8", "misspellings=.25,.5,.75,1"], held_out=0.3
    )
    lesson = lesson_of(mdp)
    items = np.arange(6)
    for row, consistent in ((2, True), (6, False)):
        points = mdp.space.point(np.full(6, row))
        assert (lesson.promises(points) == "consistency").all() == consistent
        taught = [wanted for _, wanted in lesson.pairs(items, points, items)]
        assert taught == (mdp.looks.said if consistent else mdp.items.inputs[:, 1])[items].tolist()


def test_without_references_it_is_taught_to_stay_as_it_is(text_world: Callable[..., ConceptMDP]) -> None:
    mdp = text_world(wanted="")
    lesson = lesson_of(mdp)
    items = np.arange(6)
    for points in (mdp.space.point(np.full(6, 3)), np.full((6, len(mdp.space.shape)), -1)):
        assert [w for _, w in lesson.pairs(items, points, items)] == mdp.looks.said[items].tolist()
    silent = copy.copy(mdp)
    silent.looks = mdp.looks._replace(said=np.full(len(mdp.items), " "))
    with pytest.raises(UsageError, match="nothing to teach"):
        lesson_of(silent)


def test_edits_that_add_up_are_taught_as_walks_make_them(load_tiny: Callable[[str], fs.Summarizer]) -> None:
    mdp = make_mdp(load_tiny("bart"), "reports:?n=40", explore="micro", held_out=0.3)
    lesson = lesson_of(mdp)
    items = np.arange(4)
    unedited = np.full((4, len(mdp.space.shape)), -1)
    assert mdp.evaluate(mdp.at(items, unedited)).said.tolist() == mdp.looks.said[items].tolist()
    assert [a for a, _ in lesson.pairs(items, unedited, items)] == mdp.items.inputs[items, 0].tolist()
    points = np.zeros_like(unedited)
    points[:, 0] = 2
    walked = mdp.edited(mdp.at(items, points), mdp.items.rows(items))
    assert [a for a, _ in lesson.pairs(items, points, items)] == walked[:, 0].tolist()


# --- the loss ---


@pytest.mark.parametrize("kind", ["bart", "llama"])
def test_the_loss_ignores_padding(load_tiny: Callable[[str], fs.Summarizer], kind: str) -> None:
    target = load_tiny(kind)
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


def test_a_causal_model_is_taught_what_follows_its_prompt(load_tiny: Callable[[str], fs.Summarizer]) -> None:
    target = load_tiny("llama?max_tokens=40")
    logits, expected = None, []
    for article, wanted in PAIRS:
        prompt = target.encode([article])["input_ids"][0]
        answer = torch.tensor([*target.tokenizer(wanted, add_special_tokens=False)["input_ids"], 1])
        with torch.no_grad():
            logits = target.module(input_ids=torch.cat([prompt, answer])[None]).logits[0]
        expected.append(F.cross_entropy(logits[len(prompt) - 1 : -1], answer, reduction="none"))
    assert token_loss(target, PAIRS) == pytest.approx(float(torch.cat(expected).mean()), rel=1e-4)
