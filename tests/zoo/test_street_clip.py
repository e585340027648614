"""What the blind CLIP learns from says nothing of what it must not tell, and its folder is read as it was measured."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPModel

from failscape.data.street.traffic import render_traffic, sample_traffic
from failscape.data.street.traffic.captions import plain_caption
from failscape.targets import load_target
from zoo.gates import clip_vectors, text_features
from zoo.street_clip import ERASURE, FIRMER, LATER, RISE, Batch, Blind, erasure_weight, new_clip, save, training_batch
from zoo.street_dino import new_dino
from zoo.street_dino import save as save_dino
from zoo.street_words import new_tokenizer
from zoo.world_data import halved

SCENES = [sample_traffic(8, index) for index in range(12)]


@pytest.fixture(scope="module")
def tokenizer():
    return new_tokenizer(0)


def test_twins_have_the_same_seen_factors_and_captions_of_as_many_words(tokenizer) -> None:
    batch = training_batch(0, 1, 3, tokenizer)
    again = training_batch(0, 1, 3, tokenizer)
    assert all(torch.equal(one, other) for one, other in zip(batch, again, strict=True))
    one, other = batch.seen.chunk(2)
    assert torch.equal(one, other)
    captions, twins = (tokenizer.batch_decode(ids, skip_special_tokens=True) for ids in batch.ids.chunk(2))
    assert [len(text.split()) for text in captions] == [len(text.split()) for text in twins]
    assert sum(one != other for one, other in zip(captions, twins, strict=True)) > len(captions) / 3
    pictures, twin_pictures = batch.pixels.chunk(2)
    assert ((pictures != twin_pictures).flatten(1).any(dim=1)).all()
    assert not torch.equal(training_batch(0, 1, 4, tokenizer).pixels, batch.pixels)


def test_the_loss_reaches_both_towers_and_every_head(tokenizer) -> None:
    torch.manual_seed(0)
    blind = Blind(new_clip(tokenizer)).train()
    rows = [*range(8), *range(96, 104)]  # eight scenes with their twins
    batch = Batch(*(part[rows] for part in training_batch(0, 1, 0, tokenizer)))
    plain, erased = blind.loss(batch, 0.0), blind.loss(batch, 1.0)
    assert erased > plain + 0.1
    erased.backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in blind.parameters())


def test_erasure_rises_twice() -> None:
    weights = [erasure_weight(1, step) for step in range(0, 3000, 50)]
    assert weights[0] == 0 and weights == sorted(weights)
    assert weights[RISE // 50] == ERASURE and weights[-1] == ERASURE * FIRMER
    assert erasure_weight(2, 0) == 0 and erasure_weight(2, 500) == ERASURE * LATER


def test_a_saved_clip_is_an_encoder_that_gives_what_gates_measure(tokenizer, tmp_path: Path) -> None:
    torch.manual_seed(0)
    save(new_clip(tokenizer), tokenizer, tmp_path)
    clip = CLIPModel.from_pretrained(tmp_path, dtype=torch.float32).eval()
    encoder = load_target(f"hf:{tmp_path}", "cpu")
    pictures = [Image.fromarray(np.ascontiguousarray(p.transpose(1, 2, 0))) for p in render_traffic(SCENES)]
    pixels = torch.stack([encoder.prepare(picture) for picture in pictures])
    assert pixels.shape == (12, 3, 32, 32)
    torch.testing.assert_close((pixels / 255 - 0.5) / 0.25, halved(SCENES))
    torch.testing.assert_close(encoder(pixels).embeddings, clip_vectors(clip, SCENES).pooled, atol=1e-5, rtol=0)
    texts = [plain_caption(scene) for scene in SCENES]
    of_texts = load_target(f"hf:{tmp_path}?tower=text", "cpu")(np.array(texts, object)).embeddings
    torch.testing.assert_close(of_texts, text_features(clip, tokenizer, texts), atol=1e-5, rtol=0)


def test_a_saved_dino_is_an_encoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_dino(new_dino(), tmp_path)
    encoder = load_target(f"hf:{tmp_path}", "cpu")
    picture = Image.fromarray(np.ascontiguousarray(render_traffic(SCENES[:1])[0].transpose(1, 2, 0)))
    assert encoder.prepare(picture).shape == (3, 64, 64)
    assert encoder(encoder.prepare(picture)[None]).embeddings.shape == (1, 128)
