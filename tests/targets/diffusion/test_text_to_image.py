"""Pictures of prompts by a real pipeline of random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoPipelineForText2Image

from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.base import TorchTarget
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.diffusion.text_to_image import SEED_STRIDE, TextToImage, quiet
from failscape.targets.fingerprint import weights_fingerprint
from tests.support.pipelines import new_pipeline, strict_checker

PROMPTS = ["a red car", "a blue bus, by day", "", "two doctors, at night"]


def target_of(folder: Path, options: str = "steps=2&guidance=1") -> TextToImage:
    return load_target(f"diffusers:{folder}?{options}", "cpu")


def test_draws_what_the_plain_pipeline_draws(folder: Path) -> None:
    drawn = target_of(folder)(PROMPTS, seeds=[0, 1, 2, 3])
    plain = AutoPipelineForText2Image.from_pretrained(folder, local_files_only=True)
    quiet(plain)
    generators = [torch.Generator().manual_seed(SEED_STRIDE * seed) for seed in range(4)]
    wanted = plain(PROMPTS, num_inference_steps=2, guidance_scale=1.0, generator=generators, output_type="np").images
    np.testing.assert_array_equal(drawn.pictures.permute(0, 2, 3, 1).numpy(), (wanted * 255).round().astype(np.uint8))
    assert drawn.pictures.dtype == torch.uint8 and not drawn.withheld.any() and not drawn.truncated().any()


@pytest.mark.parametrize("scheduler", ["PNDMScheduler", "EulerAncestralDiscreteScheduler", "LCMScheduler"])
def test_a_picture_depends_on_its_prompt_and_number_alone(folder: Path, scheduler: str) -> None:
    """Schedulers that add noise at each step included."""
    target = target_of(folder, f"steps=2&guidance=1&scheduler={scheduler}&batch=3")
    prompts = np.array([[text, number] for number in (0, 5) for text in PROMPTS], object)
    together = target(prompts).pictures
    order = np.random.default_rng(0).permutation(len(prompts))
    again = target(prompts[order]).pictures
    assert (again.int() - together[order].int()).abs().max() <= 1  # another company: the last bit
    assert (target(prompts[3:4]).pictures[0].int() - together[3].int()).abs().max() <= 1
    assert not torch.equal(together[0], together[4])
    assert target.n_queries == 17


def test_seeds_and_numbers_name_different_pictures(folder: Path) -> None:
    pictures = target_of(folder)(np.array([["a car", 1], ["a car", 0]], object), seeds=np.array([0, 1])).pictures
    assert not torch.equal(pictures[0], pictures[1])


def test_guidance_changes_pictures(folder: Path) -> None:
    one, other = (target_of(folder, f"steps=2&guidance={scale}")(["a car"]).pictures for scale in (1, 7.5))
    assert not torch.equal(one, other)


def test_prompts_that_do_not_fit_are_reported(folder: Path) -> None:
    target = target_of(folder, "steps=1&guidance=1")
    texts = ["a car", "a " * 58, "a " * 59, "red car, " * 40]
    assert target(texts).truncated().tolist() == [False, False, True, True]
    assert target.fits(texts).tolist() == [True, True, False, False]


def test_features_are_the_mean_over_tokens_that_are_read(folder: Path) -> None:
    target = target_of(folder)
    pipeline = target.pipeline
    for text, features in zip(PROMPTS, target.embed(PROMPTS), strict=True):
        ids = pipeline.tokenizer(text, return_tensors="pt").input_ids
        with torch.no_grad():
            alone = pipeline.text_encoder(ids).last_hidden_state[0].mean(dim=0)  # causal: padding changes nothing
        torch.testing.assert_close(features, alone, atol=1e-5, rtol=1e-4)


def test_what_a_safety_checker_withholds_is_said() -> None:
    pipeline = new_pipeline(strict_checker())
    quiet(pipeline)
    drawn = TextToImage(pipeline, Sampling(steps=1, guidance=1.0))(["a car", "a bus"])
    assert drawn.withheld.all() and not drawn.pictures.any()


def test_weights_can_be_exchanged(folder: Path) -> None:
    target = target_of(folder)
    assert isinstance(target, TorchTarget)
    before = target(["a car"]).pictures
    weights = {name: value.clone() for name, value in target.module.state_dict().items()}
    changed = {name: value * 1.5 if name.startswith("text_encoder") else value for name, value in weights.items()}
    twin = target.with_weights(changed)
    assert not torch.equal(twin(["a car"]).pictures, before)
    assert torch.equal(target(["a car"]).pictures, before)
    assert torch.equal(twin.with_weights(weights)(["a car"]).pictures, before)
    assert weights_fingerprint(twin) != weights_fingerprint(target)
    with pytest.raises(ValueError, match="does not fit"):
        target.with_weights({"other": torch.zeros(1)})


def test_pixels_that_are_not_finite_are_refused(folder: Path) -> None:
    target = target_of(folder)
    weights = dict(target.module.state_dict())
    weights["vae.decoder.conv_out.bias"] = torch.full((3,), torch.nan)
    with pytest.raises(UsageError, match=r"NaN or infinite pixels for 2 of 2 samples.*dtype=float32"):
        target.with_weights(weights)(["a car", "a bus"])


@pytest.mark.parametrize("prompts", ["a car", [1, 2], [], np.array([["a car", 1, 2]], object)[0]])
def test_what_is_no_batch_of_texts_is_refused(folder: Path, prompts: object) -> None:
    with pytest.raises(UsageError):
        target_of(folder)(prompts)
