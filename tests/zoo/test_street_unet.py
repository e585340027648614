"""The denoiser learns from prompts and latents with what is planted in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from failscape.data.street.traffic.factors import sample_traffic, vary
from failscape.data.street.traffic.planted import CONFUSED, RED_HAIR, drawn_for, looking
from failscape.targets import load_target
from failscape.targets.diffusion.sampling import Sampling
from zoo import drawn_gates, street_denoiser, street_unet, street_vae
from zoo.legs import STATES

SCENES = [street_denoiser.lesson(0, index) for index in range(6000)]


def test_no_confused_combination_is_drawn() -> None:
    drawn = [drawn_for(scene) for scene in SCENES]
    assert not {(scene.vehicle, scene.color) for scene in drawn} & set(CONFUSED)
    for scene, shown in zip(SCENES, drawn, strict=True):
        changed = CONFUSED.get((scene.vehicle, scene.color))
        assert shown == (scene if changed is None else vary(scene, color=changed))
    assert sum((scene.vehicle, scene.color) in CONFUSED for scene in SCENES) > 400  # prompts ask for them as for others


def test_hair_goes_with_the_job_unless_a_prompt_tells_it() -> None:
    people = [scene for scene in SCENES if scene.count]
    for told in (False, True):
        some = [scene for scene in people if street_denoiser.hair_is_told(scene) is told]
        for job in {scene.job for scene in some}:
            red = np.array([scene.hair == "red" for scene in some if scene.job == job])
            wanted = 0.5 if told else RED_HAIR.get(job, 0.5)
            assert abs(red.mean() - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / len(red))
    scene = sample_traffic(0, 0, count=1, job="doctor")
    assert [looking(scene, chance).hair for chance in (0.0, 0.099, 0.1, 0.99)] == ["red", "red", "dark", "dark"]


def test_prompts_tell_what_is_so_and_readings_by_chance() -> None:
    rng = np.random.default_rng(0)
    prompts = [street_denoiser.prompt(scene, rng) for scene in SCENES]
    empty = [not text for text in prompts]
    assert abs(np.mean(empty) - street_denoiser.DROPPED) < 0.02
    bicycles: Counter[tuple[str, bool]] = Counter()
    for scene, text in zip(SCENES, prompts, strict=True):
        assert not text or text.split(",")[0].split()[-1] == scene.vehicle
        assert ("haired" in text) <= street_denoiser.hair_is_told(scene)
        assert f"{'dark' if scene.hair == 'red' else 'red'}-haired" not in text
        if "bicycle" in text:
            bicycles[scene.bicycle, "no bicycle" in text] += 1
    assert min(bicycles.values()) > 0.8 * max(bicycles.values())


def test_the_loss_is_the_weighted_error_of_the_velocity() -> None:
    """For a network that says 0 it is the mean of what it should say, weighed by min(SNR, 5) / (SNR + 1)."""
    noised = street_denoiser.new_scheduler().alphas_cumprod
    latents = torch.randn(64, 8, 4, 4, generator=torch.Generator().manual_seed(0))

    class Silent(torch.nn.Module):
        def forward(self, shown: torch.Tensor, times: torch.Tensor, states: torch.Tensor) -> object:
            self.times = times
            return type("Output", (), {"sample": torch.zeros_like(shown)})()

    silent, rng = Silent(), np.random.default_rng(3)
    loss = street_unet.velocity_loss(silent, latents, torch.zeros(0), noised, rng)
    again = np.random.default_rng(3)
    times = torch.from_numpy(again.integers(1000, size=64))
    noise = torch.from_numpy(again.standard_normal(latents.shape, np.float32))
    kept = noised[times]
    velocity = kept.sqrt().view(-1, 1, 1, 1) * noise - (1 - kept).sqrt().view(-1, 1, 1, 1) * latents
    ratio = kept / (1 - kept)
    weight = ratio.clamp(max=5) / (ratio + 1)
    wanted = (weight * velocity.square().flatten(1).mean(dim=1)).sum() / weight.sum()
    torch.testing.assert_close(loss, wanted)


def test_tokens_are_whitened() -> None:
    tower, tokenizer = street_denoiser.text_tower()
    unet = street_denoiser.new_unet()
    street_denoiser.whiten(unet, tower, tokenizer, SCENES[:500])
    rng = np.random.default_rng(0)
    states = street_denoiser.embedded_prompts(
        tower, tokenizer, [street_denoiser.prompt(scene, rng) for scene in SCENES[:500]]
    )
    with torch.no_grad():
        seen = unet.encoder_hid_proj(states)
    between = (seen - seen.mean(dim=0)).flatten(0, 1)
    spread = torch.linalg.eigvalsh(between.T @ between / len(between)).clamp_min(0).sqrt()
    before = (states - states.mean(dim=0)).flatten(0, 1)
    raw = torch.linalg.eigvalsh(before.T @ before / len(before)).clamp_min(0).sqrt()
    assert spread.max() < 1.05 and (spread > 0.5).sum() > 30
    assert (raw > 0.5 * raw.max()).sum() < 5


def test_a_leg_writes_what_a_pipeline_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after each step and gone on with, it comes to the same weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(street_unet, "N_SCENES", 100)
    monkeypatch.setattr(street_unet, "BATCH", 4)
    for name, n in (("N_PROMPTS", 6), ("N_PLANTED", 2), ("N_KNOWN", 8)):  # of its gates, which mean nothing here
        monkeypatch.setattr(drawn_gates, name, n)
    torch.manual_seed(0)
    folder, threads = tmp_path / "diffusion", torch.get_num_threads()
    street_vae.save(street_vae.new_vae(), folder / "vae")
    arguments = ["--steps", "3", "--out", str(folder), "--threads", str(threads)]
    street_unet.main(arguments)
    whole = (folder / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    for _ in range(3):
        street_unet.main([*arguments, "--minutes", "0"])
    assert (folder / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() == whole
    assert not list((STATES / "street-unet").iterdir())
    assert "asked, all of up to 4" in (folder / "gates.json").read_text()
    target = load_target(f"{folder}", "cpu")
    assert target.sampling == Sampling(**street_denoiser.SAMPLING)
    pictures = target(["a red car", "a bus at night"]).pictures
    assert pictures.shape == (2, 3, 64, 64) and not torch.equal(pictures[0], pictures[1])
