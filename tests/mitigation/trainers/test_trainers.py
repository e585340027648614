"""Trainers by task: their configurations, whose they are, and one of a user's own that needs no gradients."""

import copy
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from safetensors.torch import load_file

import failscape as fs
from failscape.envs.tasks.summarization import make_mdp
from failscape.errors import UsageError
from failscape.families import FAMILIES
from failscape.mitigation import fine_tune, register_trainer, registry, training_config
from failscape.mitigation.config import TrainingConfig
from failscape.mitigation.registry import method_of, trainer_of
from failscape.mitigation.sampling import Failures
from failscape.targets.registry import load_target
from failscape.workflows.mitigate import load_mitigated, mitigate
from failscape.workflows.run import Run
from tests.support import tabular


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", copy.copy(registry._registered))
    registry._registered.clear()
    registry._registered[tabular.TASK] = tabular.Refit


def test_configurations() -> None:
    def of(method: str = "full", **settings: Any) -> Any:
        return training_config("image-classification", method, settings)

    assert of("head").optimizer == "sgd" and of("full", epochs=3).epochs == 3
    assert of(lr="1e-5", epochs="4") == of(lr=0.00001, epochs=4)
    for method, settings, message in (
        ("fll", {}, "no method 'fll' of fine-tuning for image-classification; did you mean full?"),
        ("full", {"epoch": 3}, "did you mean epochs?"),
        ("full", {"rehearse": 0.5}, "a fine-tune for image-classification has no setting 'rehearse'"),
        ("full", {"lr": 0}, "lr must be between 0 and 10, not 0"),
        ("full", {"lr": "fast"}, "lr is a number, not 'fast'"),
        ("full", {"epochs": 2.5}, "epochs is a whole number, not 2.5"),
        ("full", {"epochs": float("inf")}, "epochs is a whole number"),
        ("full", {"balance": 3}, "balance is true or false, not 3"),
        ("full", {"optimizer": "adam"}, "adamw or sgd"),
        ("full", {"validation": 0.95}, "validation must be between 0.01 and 0.9"),
        ("full", {"distill": -1}, "distill must be between 0 and 1000"),
    ):
        with pytest.raises(UsageError, match=message):
            of(method, **settings)


@pytest.mark.parametrize("task", [task.name for task in FAMILIES if task.trainer])
def test_every_method_says_what_learns_and_has_settings_that_hold(task: str) -> None:
    for name in trainer_of(task).methods:
        assert method_of(task, name).meaning and training_config(task, name).method == name


def test_a_task_has_one_trainer() -> None:
    with pytest.raises(
        UsageError, match=r"nothing fine-tunes targets for recorded-answers; register a trainer: @failscape"
    ):
        trainer_of("recorded-answers")
    assert register_trainer(tabular.TASK)(tabular.Refit) is tabular.Refit  # the same class again

    class Other(tabular.Refit):
        pass

    with pytest.raises(UsageError, match=r"targets for one-column-classification are fine-tuned by .*Refit"):
        register_trainer(tabular.TASK)(Other)
    # In place of the one that is here.
    assert fs.register_trainer("summarization")(Other) is trainer_of("summarization")


def test_a_target_that_has_no_gradients_is_refused_by_a_trainer_that_needs_them(rules: Any, tmp_path: Path) -> None:
    mdp = make_mdp(rules.Rules(), "reports:?n=40", ["misspellings=.5,1"], held_out=0.3)
    with pytest.raises(UsageError, match="rules:reports cannot be fine-tuned by SummarizationTrainer"):
        fine_tune(mdp, [Failures(np.arange(2), ())], training_config("summarization", "full"))
    envs = gym.make_vec("failscape/Summarizer-v0", num_envs=4, target="rules:reports", data="reports:?n=40")
    run = fs.explore(envs, explorer="random", budget=40, out=tmp_path, report=False)
    with pytest.raises(UsageError, match=r"rules:reports cannot be fine-tuned: its weights cannot be exchanged"):
        mitigate(run, [], out=tmp_path)


@pytest.fixture
def rules() -> Any:
    import tests.support.rule_summarizer as module

    return module


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of the table; tests must not change it."""
    envs = gym.make_vec("tests/Tabular-v0", num_envs=8)
    return fs.explore(envs, explorer="random", budget=900, out=tmp_path_factory.mktemp("runs"), report=False)


def test_a_target_without_gradients_goes_the_whole_way(explored: Run, tmp_path: Path) -> None:
    """Fitted again, written to disk, loaded by its URI, judged on rows that nobody has seen."""
    mitigated = mitigate(explored, [1], "refit", settings={"copies": 8}, queries=500, out=tmp_path)
    found = mitigated.before_after
    assert found.targeted.before > 0.9 and found.targeted.after < 0.1 and found.clean.after == 0
    loaded = load_target(mitigated.uri, "cpu")
    weights = load_file(mitigated.folder / "model.safetensors")
    np.testing.assert_array_equal(loaded.model.coef_, weights["coef"])
    again = load_mitigated(mitigated.folder)
    assert again.history[1] == mitigated.history[1] and again.best == 1 and again.uri == mitigated.uri
    assert "all coefficients, fitted again (3 weights learned)" in (mitigated.folder / "README.md").read_text()
    assert (mitigated.folder / "mitigation.yml").read_text().count("refit") == 1
    with pytest.raises(UsageError, match=r"model.safetensors does not fit 1 columns"):
        narrow = tabular.Logistic(loaded.model.fit(np.array([[-1.0], [1.0]]), [0, 1]))
        registry_of_one(narrow, mitigated.folder / "model.safetensors")


def registry_of_one(target: Any, weights: Path) -> None:
    fs.register_target("narrow")(lambda name, device: target)
    load_target(f"narrow:x?weights={weights}")


def test_settings_of_a_users_trainer_are_checked(explored: Run, tmp_path: Path) -> None:
    for settings, message in (
        ({"copies": 0}, "copies must be between 1 and 100"),
        ({"copy": 1}, "did you mean copies?"),
    ):
        with pytest.raises(UsageError, match=message):
            mitigate(explored, [1], "refit", settings=settings, out=tmp_path)
    with pytest.raises(UsageError, match="no method 'lora' of fine-tuning for one-column-classification; known: refit"):
        mitigate(explored, [1], "lora", out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_base_configuration_tells_of_itself() -> None:
    config = TrainingConfig("refit")
    assert config.extent == "once" and "--set" in config.remedy
