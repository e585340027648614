"""LoRA of a text-to-image model: what learns and what stays, files that others load, kills, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler, StableDiffusionPipeline
from safetensors.torch import load_file

from failscape.errors import UsageError
from failscape.mitigation import Epoch, training_config
from failscape.mitigation.checkpoint import copy_weights
from failscape.mitigation.trainers.base import Saved
from failscape.mitigation.trainers.text_to_image import TextToImageConfig, TextToImageTrainer
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.registry import load_target, with_option
from tests.support.bright import FAILURES, bright_mdp, config, run
from tests.support.pipelines import new_pipeline

PROMPTS = ["a red car", "a blue bus", "", "two doctors"]
Painter = Callable[..., TextToImage]


def same(a: Any, b: Any) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("text_encoder", [False, True])
def test_the_adapter_draws_alike_wherever_it_is_loaded(
    painter: Painter, pipeline_folder: Path, tmp_path: Path, text_encoder: bool
) -> None:
    target = painter()
    before, old = target(PROMPTS).pictures, copy_weights(target.module)
    fitted = run(bright_mdp(target), text_encoder=text_encoder)
    assert same(copy_weights(target.module), old) and torch.equal(target(PROMPTS).pictures, before)
    assert not any(p.requires_grad for p in target.module.parameters()) and not target.module.training
    changed = {name for name in old if not torch.equal(old[name], fitted.weights[name])}
    assert fitted.weights.keys() == old.keys() and {name.split(".")[0] for name in changed} == (
        {"unet", "text_encoder"} if text_encoder else {"unet"}
    )
    assert all(name.split(".")[-2] in {"to_q", "to_k", "to_v", "0", "q_proj", "k_proj", "v_proj", "out_proj"}
               for name in changed)  # fmt: skip
    wanted = target.with_weights(fitted.weights)(PROMPTS).pictures.int()
    assert (wanted - before.int()).abs().max() > 4
    saved = fitted.save(fitted.weights, tmp_path, target.name)
    assert saved.uri == with_option(target.name, "lora", str(tmp_path / "lora"))
    assert [file.name for file in (tmp_path / "lora").iterdir()] == ["pytorch_lora_weights.safetensors"]
    assert (load_target(saved.uri, "cpu")(PROMPTS).pictures.int() - wanted).abs().max() <= 1
    plain = StableDiffusionPipeline.from_pretrained(pipeline_folder, local_files_only=True)
    quiet(plain)
    plain.load_lora_weights(tmp_path / "lora")
    assert (TextToImage(plain, target.sampling)(PROMPTS).pictures.int() - wanted).abs().max() <= 1


def predicting(what: str) -> TextToImage:
    """A target whose denoiser predicts noise, velocity or pictures."""
    pipeline = new_pipeline()
    pipeline.scheduler = DDIMScheduler(prediction_type=what, steps_offset=1, clip_sample=False)
    quiet(pipeline)
    return TextToImage(pipeline, Sampling(steps=2, guidance=1.0))


@pytest.mark.parametrize(("predicts", "at_most"), [("epsilon", 1.04), ("v_prediction", 0.36), ("sample", 0.07)])
def test_a_few_pictures_are_learned_by_heart(chosen: Path, predicts: str, at_most: float) -> None:
    """Whatever the denoiser predicts; of noise, a network of random weights leaves nearly all."""
    target = predicting(predicts)
    settings = {"images": str(chosen), "prior": 0, "epochs": 3, "steps": 50, "batch_size": 8, "lr": 0.05}
    trainer = TextToImageTrainer(bright_mdp(target), FAILURES, config(average=0.9, rank=4, **settings))
    learned = trainer.lessons[0][0]
    before, fitted = trainer._fixed_loss(learned), trainer.fit()
    trainer.pipeline = target.with_weights(fitted.weights).pipeline
    assert trainer._fixed_loss(learned) < at_most < 0.9 * before + (0.1 if predicts == "epsilon" else 0)
    assert not fitted.diverged and fitted.best > 0 and fitted.n_weights == sum(4 * n for n in shapes(target))


def shapes(target: TextToImage) -> list[int]:
    """Inputs and outputs of each attention layer of the denoiser."""
    names = ("to_q", "to_k", "to_v", "to_out.0")
    return [sum(layer.weight.shape) for name, layer in target.module["unet"].named_modules() if name.endswith(names)]


def test_it_is_a_function_of_its_configuration(painter: Painter) -> None:
    ends = []
    for seed in (0, 0, 1):
        torch.rand(7)  # what others draw does not matter
        ends.append(run(bright_mdp(painter()), seed=seed).weights)
    assert same(ends[0], ends[1]) and not same(ends[0], ends[2])


def test_a_killed_one_goes_on_to_the_same_end(painter: Painter, tmp_path: Path) -> None:
    expected = run(bright_mdp(painter()), epochs=3, text_encoder=True)

    def kill(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    killed = bright_mdp(painter())
    old = copy_weights(killed.target.module)  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        run(killed, tmp_path, tell=kill, epochs=3, text_encoder=True)
    assert same(copy_weights(killed.target.module), old)  # type: ignore[attr-defined]
    heard: list[int] = []
    fitted = run(
        bright_mdp(painter()), tmp_path, tell=lambda epoch: heard.append(epoch.number), epochs=3, text_encoder=True
    )
    assert heard == [3] and same(fitted.weights, expected.weights) and fitted.best == expected.best
    assert [e.loss for e in fitted.history] == [e.loss for e in expected.history]
    with pytest.raises(UsageError, match="remove it to start over"):
        run(bright_mdp(painter()), tmp_path, epochs=3)


def test_the_more_other_prompts_weigh_the_less_is_learned_and_the_more_stays(chosen: Path) -> None:
    learned, kept = [], []
    for prior in (0.0, 10.0):
        target = predicting("sample")
        with torch.no_grad():
            target.pipeline.vae.quant_conv.weight[:4] *= 40  # so that latents tell pictures apart
        mdp = bright_mdp(target)
        settings = {"images": str(chosen), "steps": 40, "batch_size": 4, "pictures": 16, "lr": 0.05}
        weights = run(mdp, prior=prior, **settings).weights
        judge = TextToImageTrainer(mdp, FAILURES, config(prior=1.0, **settings))
        judge.pipeline = target.with_weights(weights).pipeline
        lesson, others = (judge._fixed_loss(fit) for fit, _ in judge.lessons)
        learned.append(lesson)
        kept.append(others)
    assert learned[0] < learned[1] and kept[0] > 1.03 * kept[1]


def test_the_prior_is_the_weight_of_the_other_loss(painter: Painter) -> None:
    mdp, rows = bright_mdp(painter()), [np.arange(2), np.arange(2)]
    losses = []
    for prior in (0.0, 1.0, 3.0):
        trainer = TextToImageTrainer(mdp, FAILURES, config(prior=prior))
        losses.append(trainer._step(rows[: len(trainer.lessons)], torch.Generator().manual_seed(0)).item())
    assert losses[1] > losses[0] and (losses[2] - losses[0]) / (losses[1] - losses[0]) == pytest.approx(3, rel=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_weights_stay_short_while_the_adapter_learns_in_full(
    painter: Painter, tmp_path: Path, dtype: str
) -> None:
    target = painter(f"&dtype={dtype}")
    old, kind = copy_weights(target.module), getattr(torch, dtype)
    trainer = TextToImageTrainer(bright_mdp(target), FAILURES, config(text_encoder=True))
    with trainer.learning() as learning:
        assert {p.dtype for p in learning.parameters} == {torch.float32}
        frozen = [p for p in target.module.parameters() if not p.requires_grad]
        assert {p.dtype for p in frozen} == {kind}
    fitted = trainer.fit()
    assert not fitted.diverged and fitted.best > 0
    assert {weight.dtype for weight in fitted.weights.values() if weight.is_floating_point()} == {kind}
    assert same(copy_weights(target.module), old)
    saved = fitted.save(fitted.weights, tmp_path, target.name)
    file = load_file(tmp_path / "lora" / "pytorch_lora_weights.safetensors")
    assert {weight.dtype for weight in file.values()} == {torch.float32}
    drawn = [
        one(PROMPTS).pictures.int() for one in (target.with_weights(fitted.weights), load_target(saved.uri, "cpu"))
    ]
    assert (drawn[0] - drawn[1]).abs().max() <= 2


def test_gradients_in_half_precision_are_those_in_full(painter: Painter) -> None:
    """They are scaled on the way, and back."""
    found = []
    for options in ("", "&dtype=float16"):
        trainer = TextToImageTrainer(bright_mdp(painter(options)), FAILURES, config())
        with trainer.learning() as learning:
            for weight in learning.parameters:
                torch.nn.init.normal_(weight, std=0.1, generator=torch.Generator().manual_seed(weight.numel()))
            rows = [np.arange(2)] * 2
            trainer._step(rows, torch.Generator().manual_seed(0)).backward()
            found.append(torch.cat([weight.grad.flatten() for weight in learning.parameters]))
    assert torch.nn.functional.cosine_similarity(*found, dim=0) > 0.99
    assert found[1].norm() == pytest.approx(found[0].norm().item(), rel=0.05)


def test_a_second_adapter_is_saved_as_weights(painter: Painter, tmp_path: Path) -> None:
    """A URI names one adapter, and the first is part of what the second was learned beside."""
    first = run(bright_mdp(painter()))
    uri = first.save(first.weights, tmp_path, painter().name).uri
    target = load_target(uri, "cpu")
    second = run(bright_mdp(target), seed=1)
    saved = second.save(second.weights, tmp_path, uri)
    assert (
        saved == Saved(f"{uri}&weights={tmp_path / 'model.safetensors'}", saved.files) and "all weights" in saved.files
    )
    wanted = target.with_weights(second.weights)(PROMPTS).pictures
    assert torch.equal(load_target(saved.uri, "cpu")(PROMPTS).pictures, wanted)
    assert not torch.equal(target(PROMPTS).pictures, wanted)


def test_divergence_gives_the_old_weights_back(painter: Painter) -> None:
    target = painter()
    fitted = run(bright_mdp(target), lr=10, average=0.0, clip=1e9)
    assert fitted.diverged and fitted.best == 0 and same(fitted.weights, copy_weights(target.module))


def test_settings() -> None:
    assert isinstance(config(), TextToImageConfig) and config().method == "lora"
    assert config().extent == "2 epochs of 6 steps at most"
    assert config().taught("x") == "up to 6 right pictures of its own and 6 of other prompts"
    assert config(images="good", prior=0).taught("x") == "the pictures of good"
    for settings, message in (
        ({"prior": -1}, "prior must be between 0 and 1000"),
        ({"pictures": 0}, "pictures must be between 1"),
        ({"text_encoder": 1}, "text_encoder is true or false"),
        ({"picture": 1}, "did you mean pictures?"),
    ):
        with pytest.raises(UsageError, match=message):
            config(**settings)
    with pytest.raises(UsageError, match="no method 'full'"):
        training_config("text-to-image", "full")


def test_pipelines_of_another_kind_are_refused() -> None:
    pipeline = new_pipeline()
    quiet(pipeline)
    target = TextToImage(pipeline, Sampling(steps=1, guidance=1.0), name="tiny")
    mdp = bright_mdp(target)
    pipeline.unet.register_to_config(time_cond_proj_dim=4)
    with pytest.raises(UsageError, match=r"tiny is a StableDiffusionPipeline; LoRA is for Stable Diffusion 1 and 2"):
        run(mdp)
    pipeline.unet.register_to_config(time_cond_proj_dim=None)
    pipeline.scheduler = DDIMScheduler(prediction_type="sample").from_config({"prediction_type": "flow_prediction"})
    with pytest.raises(UsageError, match=r"nothing says what noise DDIMScheduler was trained with"):
        run(mdp)
    pipeline.scheduler = LCMScheduler()
    target.sampling = Sampling(offload="model")
    with pytest.raises(UsageError, match=r"tiny keeps parts off the device.*leave offload= out"):
        run(mdp)
