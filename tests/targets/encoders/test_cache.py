"""The cache of embeddings: one row per content, refusal of another encoder's folder, and a killed process."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.encoders import cache
from failscape.targets.encoders.cache import embed, in_batches
from tests.support.linear_encoder import BATCH, N_ITEMS, linear_encoder, pixels
from tests.support.tiny_encoders import TEXTS, pictures

ROOT = Path(__file__).parents[3]
N_CONTENTS = N_ITEMS - len(range(3, N_ITEMS, 3))
Saved = Callable[..., Path]


def test_rows_are_the_embeddings_in_order_and_each_content_is_embedded_once(tmp_path: Path) -> None:
    encoder, progress = linear_encoder(), []
    found = embed(encoder, in_batches(pixels(), BATCH), tmp_path, progress=progress.append)
    expected = linear_encoder()(pixels()).embeddings.numpy()
    assert found.shape == (N_ITEMS, 5) and found.dtype == np.float32 and len(found) == N_ITEMS
    np.testing.assert_allclose(found[:], expected, atol=1e-6)
    assert encoder.n_queries == N_CONTENTS == found.rows.max() + 1
    assert progress == [*range(BATCH, N_ITEMS, BATCH), N_ITEMS]
    again = linear_encoder()
    np.testing.assert_array_equal(embed(again, [pixels()], tmp_path)[:], found[:])
    assert again.n_queries == 0


def test_it_is_read_like_an_array(tmp_path: Path) -> None:
    found = embed(linear_encoder(), [pixels()], tmp_path)
    whole = np.asarray(found)
    np.testing.assert_array_equal(found[5], whole[5])
    np.testing.assert_array_equal(found[-1], whole[-1])
    np.testing.assert_array_equal(found[3:9], whole[3:9])
    np.testing.assert_array_equal(found[np.array([7, 2, 7])], whole[[7, 2, 7]])
    np.testing.assert_array_equal(found[whole[:, 0] > 0], whole[whole[:, 0] > 0])
    np.testing.assert_array_equal(np.concatenate(list(found.batches(9))), whole)
    assert found[:0].shape == (0, 5)


def test_shards_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SHARD_BYTES", 4 * 5 * 6)
    found = embed(linear_encoder(), in_batches(pixels(), 15), tmp_path)
    shards = sorted(tmp_path.glob("*.npy"))
    assert len(shards) == -(-N_CONTENTS // 6) > 3
    assert {np.load(shard).shape for shard in shards} == {(6, 5)}
    np.testing.assert_allclose(found[:], linear_encoder()(pixels()).embeddings.numpy(), atol=1e-6)
    monkeypatch.undo()  # the folder says how long its shards are
    np.testing.assert_array_equal(embed(linear_encoder(), [pixels()], tmp_path)[:], found[:])


def test_half_precision_is_kept_as_said(tmp_path: Path) -> None:
    whole = linear_encoder()(pixels()).embeddings.numpy()
    found = embed(linear_encoder(), in_batches(pixels(), BATCH), tmp_path, dtype="float16")
    assert found.dtype == np.float16 and found[:].dtype == np.float16
    np.testing.assert_allclose(found[:], whole, atol=2**-11)
    with pytest.raises(UsageError, match=r"keeps its rows as float16, not as float32; give another folder"):
        embed(linear_encoder(), [pixels()], tmp_path)
    with pytest.raises(UsageError, match=r"kept as float32 or float16, not as 'int8'"):
        embed(linear_encoder(), [pixels()], tmp_path, dtype="int8")


def test_tokens_and_texts(saved: Saved, tmp_path: Path) -> None:
    patches = load_target(f"hf:{saved('Dinov2Model')}?token=patches&layer=-2", "cpu")
    inputs = torch.stack([patches.prepare(picture) for picture in pictures()])
    found = embed(patches, in_batches(inputs, 3), tmp_path / "patches")
    assert found.shape == (4, 16, 16)
    np.testing.assert_allclose(found[:], patches(inputs).embeddings.numpy(), atol=1e-5)
    words = load_target(f"hf:{saved('CLIPModel')}?tower=text", "cpu")
    texts = [*TEXTS, TEXTS[0]]
    for batches in (in_batches(texts, 2), [np.array(texts, object)]):  # a list or an array is the same text
        found = embed(words, batches, tmp_path / "texts")
        np.testing.assert_allclose(found[:], words(texts).embeddings.numpy(), atol=1e-5)
    assert words.n_queries == len(TEXTS) + 2 * len(texts)


def test_batches_that_are_none(saved: Saved, tmp_path: Path) -> None:
    words = load_target(f"hf:{saved('CLIPModel')}?tower=text", "cpu")
    for batches in (TEXTS, TEXTS[0]):
        with pytest.raises(UsageError, match=r"and not one text; in_batches\(texts, 256\) makes them"):
            embed(words, batches, tmp_path / "texts")
    with pytest.raises(UsageError, match="a batch has 1 item or more, not 0"):
        embed(words, in_batches(TEXTS, 0), tmp_path / "texts")
    assert not (tmp_path / "texts").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("layer=2&token=cls", "layer 'final' and not '2', token 'pooled' and not 'cls'"),
        ("backend=pil", "backend 'torchvision' and not 'pil', preparation '"),
        ("dtype=float16", "dtype 'float32' and not 'float16', weights 'float32:"),
        ("activation=quick_gelu", "activation 'gelu' and not 'quick_gelu'"),
        ("projection=no", "projection True and not False"),
        ("tower=text", "modality 'image' and not 'text', architecture 'CLIPVisionModel' and not 'CLIPTextModel'"),
    ],
)
def test_a_folder_of_another_setting_is_refused(saved: Saved, tmp_path: Path, options: str, said: str) -> None:
    folder = saved("CLIPModel")
    encoder = load_target(f"hf:{folder}", "cpu")
    inputs = torch.stack([encoder.prepare(picture) for picture in pictures()])
    embed(encoder, [inputs], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = load_target(f"hf:{folder}?{options}", "cpu")
    with pytest.raises(UsageError) as refused:
        embed(other, [TEXTS if "text" in options else inputs], tmp_path)
    assert said in str(refused.value) and "\n" not in str(refused.value) and "give another folder" in str(refused.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before and other.n_queries == 0


def test_a_folder_of_other_weights_is_refused(tmp_path: Path) -> None:
    encoder = linear_encoder()
    embed(encoder, [pixels()], tmp_path)
    twin = encoder.with_weights({name: 2 * tensor for name, tensor in encoder.module.state_dict().items()})
    with pytest.raises(UsageError, match=r"another encoder: weights 'float32:\w+' and not 'float32:\w+'; give"):
        embed(twin, [pixels()], tmp_path)


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_killed_process_is_resumed(tmp_path: Path, where: str) -> None:
    command = [sys.executable, "-m", "tests.support.linear_encoder", str(tmp_path / "killed"), where]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    encoder = linear_encoder()
    found = embed(encoder, in_batches(pixels(), BATCH), tmp_path / "killed")
    calm = embed(linear_encoder(), in_batches(pixels(), BATCH), tmp_path / "calm")
    np.testing.assert_array_equal(found[:], calm[:])
    np.testing.assert_array_equal(found.rows, calm.rows)
    shards = [np.load(tmp_path / name / "00000.npy") for name in ("killed", "calm")]
    np.testing.assert_array_equal(*shards)
    kept = N_CONTENTS - encoder.n_queries
    assert kept == len({row.numpy().tobytes() for row in pixels()[: 2 * BATCH]})  # the two batches before the kill


def test_two_that_fill_one_folder_by_turns(tmp_path: Path) -> None:
    def shown(inputs: torch.Tensor) -> Any:
        for batch in in_batches(inputs, BATCH):
            embed(linear_encoder(), [pixels(9, seed=1)], tmp_path)
            yield batch

    found = embed(linear_encoder(), shown(pixels()), tmp_path)
    np.testing.assert_allclose(found[:], linear_encoder()(pixels()).embeddings.numpy(), atol=1e-6)


def test_nothing_to_embed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give at least one batch"):
        embed(linear_encoder(), [], tmp_path)
    found = embed(linear_encoder(), [pixels()[:0]], tmp_path)
    assert found.shape == (0, 5) and found[:].shape == (0, 5)


def test_folders_that_are_no_cache_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    with pytest.raises(UsageError, match="is no cache of embeddings, and not empty"):
        embed(linear_encoder(), [pixels()], tmp_path / "letters")
    for name, content, message in (
        ("encoder.json", b"{", r"encoder\.json is damaged; give another folder"),
        ("encoder.json", json.dumps({"settings": {}}).encode(), r"encoder\.json is damaged"),
        ("rows.sqlite", b"no table at all, but some text" * 99, r"rows\.sqlite cannot be used"),
        ("00000.npy", b"no array", r"00000\.npy is damaged or gone"),
    ):
        folder = tmp_path / f"{name}-{len(content)}"
        embed(linear_encoder(), [pixels()], folder)
        (folder / name).write_bytes(content)
        with pytest.raises(UsageError, match=message) as refused:
            embed(linear_encoder(), [pixels()], folder)[:]
        assert "\n" not in str(refused.value)
    (folder / "00000.npy").unlink()
    with pytest.raises(UsageError, match=r"00000\.npy is damaged or gone"):
        embed(linear_encoder(), [pixels()], folder)[:]
