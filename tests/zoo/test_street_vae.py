"""The autoencoder learns from pictures and from what judge A says of them; the judge learns nothing."""

from pathlib import Path

import torch
from diffusers import AutoencoderKL

from zoo.street_vae import BATCH, Copied, judge_of, measure_scale, new_vae, save, training_batch


def test_the_loss_reaches_the_autoencoder_alone() -> None:
    torch.manual_seed(0)
    copied, judge = Copied(new_vae()).train(), judge_of("a")
    pixels = training_batch(0, 1, 3)
    assert pixels.shape == (BATCH, 3, 64, 64) and pixels.min() >= -1 and pixels.max() <= 1
    assert torch.equal(pixels, training_batch(0, 1, 3)) and not torch.equal(pixels, training_batch(0, 2, 3))
    copied.loss(pixels[:4], judge, torch.Generator().manual_seed(0)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in copied.parameters())
    assert all(p.grad is None for p in judge.parameters())


def test_the_second_leg_teaches_the_decoder_alone() -> None:
    torch.manual_seed(0)
    copied, judge = Copied(new_vae()).train(), judge_of("a")
    pixels = training_batch(0, 2, 0)[:4]
    losses = [copied.decoder_loss(pixels, judge, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]
    losses[0].backward()
    learning = {name.split(".")[1] for name, p in copied.named_parameters() if p.grad is not None}
    assert learning == {"decoder", "post_quant_conv"}
    assert all(p.grad is None for p in judge.parameters())


def test_a_saved_autoencoder_is_read_by_the_library(tmp_path: Path) -> None:
    torch.manual_seed(0)
    new = new_vae()
    measure_scale(new)
    save(new, tmp_path)
    vae = AutoencoderKL.from_pretrained(tmp_path, dtype=torch.float32)
    save(vae, tmp_path)
    vae = AutoencoderKL.from_pretrained(tmp_path, dtype=torch.float32)
    assert str(tmp_path) not in (tmp_path / "config.json").read_text()
    latents = vae.encode(training_batch(0, 1, 0)[:2]).latent_dist.mode()
    assert latents.shape == (2, 8, 16, 16) and vae.config.scaling_factor > 0
    assert vae.decode(latents).sample.shape == (2, 3, 64, 64)
