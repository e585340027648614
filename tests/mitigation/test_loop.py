"""A fine-tune changes what it is aimed at, repeats itself, survives a kill, and gives up without harm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from failscape.errors import UsageError
from failscape.mitigation import Epoch, Fitted, fine_tune, training_config
from failscape.mitigation.checkpoint import FILE, copy_weights
from failscape.mitigation.loop import schedule

QUICK = {"epochs": 6, "batch_size": 32, "lr": 0.01, "average": 0.5}


def failing(world: Any, points: np.ndarray, target: Any) -> float:
    """Failure rate of a target on held-out items at rows of the grid."""
    items = np.flatnonzero(world.items.held_out)
    wrong = []
    for row in points:
        points = np.tile(world.space.grid()[row], (len(items), 1))
        edited = world.space.apply(world.items.batch.take(items), points, items).pixels
        wrong.append(target(edited).logits.argmax(dim=1).numpy() != world.items.group[items])
    return float(np.mean(wrong))


def run(world: Any, method: str = "full", folder: Path | None = None, tell: Any = None, **settings: Any) -> Fitted:
    config = training_config("image-classification", method, {**QUICK, **settings})
    return fine_tune(world.mdp, world.failures, config, folder=folder, tell=tell)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_what_it_is_aimed_at_is_mitigated_and_the_rest_kept(world: Callable[..., Any], method: str) -> None:
    w = world()
    dark = w.failures[0].points
    bright = np.flatnonzero(w.space.grid()[:, 0] == 0)
    assert failing(w, dark, w.target) > 0.4 and failing(w, bright, w.target) == 0
    before = copy_weights(w.target.module)
    fitted = run(w, method, **({"lr": 0.3} if method == "head" else {}))
    assert same(copy_weights(w.target.module), before)  # the target is as it was
    became = w.target.with_weights(fitted.weights)
    assert failing(w, dark, became) < 0.05 and failing(w, bright, became) == 0
    assert not fitted.diverged and fitted.history[fitted.best].edited_error < 0.05 < fitted.history[0].edited_error
    after = fitted.weights
    assert after.keys() == before.keys()  # updates are merged, names are the module's own
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"full": set(before), "lora": {"0.weight", "3.weight"}, "head": {"3.weight", "3.bias"}}[method]
    assert not any(p.requires_grad for p in w.target.module.parameters()) and not w.target.module.training
    assert fitted.n_weights == sum(before[name].numel() for name in changed) or method == "lora"


def test_it_is_a_function_of_its_arguments(world: Callable[..., Any]) -> None:
    ends = []
    for seed in (0, 0, 1):
        w = world()
        torch.rand(7)  # what others draw does not matter
        ends.append(run(w, "lora", seed=seed).weights)
    assert same(ends[0], ends[1]) and not same(ends[0], ends[2])


@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_a_killed_one_goes_on_to_the_same_end(world: Callable[..., Any], method: str, tmp_path: Path) -> None:
    undisturbed = world()
    expected = run(undisturbed, method)

    def kill(epoch: Epoch) -> None:
        if epoch.number == 3:
            raise KeyboardInterrupt

    killed = world()
    with pytest.raises(KeyboardInterrupt):
        run(killed, method, tmp_path, tell=kill)
    assert same(copy_weights(killed.target.module), copy_weights(undisturbed.target.module))  # as it was, here too
    heard: list[int] = []
    fitted = run(world(), method, tmp_path, tell=lambda epoch: heard.append(epoch.number))
    assert heard == [4, 5, 6] and same(fitted.weights, expected.weights)
    assert [e.loss for e in fitted.history] == [e.loss for e in expected.history] and fitted.best == expected.best


def test_a_state_of_something_else_is_refused(world: Callable[..., Any], tmp_path: Path) -> None:
    run(world(), "full", tmp_path, epochs=1)
    with pytest.raises(UsageError, match="remove it to start over"):
        run(world(), "head", tmp_path, epochs=1)
    (tmp_path / FILE).write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="remove it to start over"):
        run(world(), "full", tmp_path, epochs=1)


def test_divergence_gives_the_old_weights_back(world: Callable[..., Any]) -> None:
    w = world()
    w.target.module[1] = torch.nn.Identity()  # a ReLU would die before anything grows without bounds
    before = copy_weights(w.target.module)
    fitted = run(w, "full", lr=10.0, average=0.0)
    assert fitted.diverged and fitted.best == 0
    assert same(before, copy_weights(w.target.module)) and same(before, fitted.weights)


def test_it_stops_where_nothing_gets_better(world: Callable[..., Any]) -> None:
    w = world()
    w.failures[0] = w.failures[0]._replace(points=np.flatnonzero(w.space.grid()[:, 0] == 0))  # nothing to mitigate
    fitted = run(w, "head", lr=1e-9, epochs=50, patience=2, distill=0.0)
    assert len(fitted.history) - 1 - fitted.best <= 2


def test_the_rate_rises_and_falls() -> None:
    rates = [schedule(i, 100) for i in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9] == 1 and rates[-1] < 0.01
    assert (np.diff(rates[:10]) > 0).all() and (np.diff(rates[10:]) < 0).all()
    assert schedule(0, 1) == 1


def test_a_target_without_a_last_layer_is_fine_tuned_otherwise(world: Callable[..., Any]) -> None:
    w = world()
    w.target.head = None
    with pytest.raises(UsageError, match="take --method full"):
        run(w, "head")
