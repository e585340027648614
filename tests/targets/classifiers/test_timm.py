import pytest
import torch
from safetensors.torch import save_file

from failscape.errors import UsageError
from failscape.targets import load_target

timm = pytest.importorskip("timm")
NAME = "test_resnet.r160_in1k"


@pytest.fixture
def batch():
    return torch.randint(0, 256, (2, 3, 160, 160), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_random_weights_repeat(batch):
    one, two = (load_target(f"timm:{NAME}?weights=none", "cpu") for _ in range(2))
    outputs = one(batch)
    assert torch.equal(outputs.logits, two(batch).logits)
    assert one.class_names[0] == "tench, Tinca tinca" and one.image_size == (3, 160, 160)
    with torch.inference_mode():
        pixels = one.transform.normalise(batch)
        expected = one.module.forward_head(one.module.forward_features(pixels), pre_logits=True)
    torch.testing.assert_close(outputs.features, expected)


@pytest.mark.parametrize("name", ["test_vit", "test_efficientnet", "test_convnext"])
def test_features_feed_the_last_layer(name, batch):
    target = load_target(f"timm:{name}?weights=none", "cpu")
    outputs = target(batch)
    torch.testing.assert_close(target.module.get_classifier()(outputs.features), outputs.logits)


def test_weights_from_a_file(batch, tmp_path):
    module = timm.create_model(NAME, pretrained=False, num_classes=4).eval()
    save_file(module.state_dict(), tmp_path / "own.safetensors")
    target = load_target(f"timm:{NAME}?weights={tmp_path}/own.safetensors", "cpu")
    assert target.class_names == ("0", "1", "2", "3")
    with torch.inference_mode():
        torch.testing.assert_close(target(batch).logits, module(target.transform.normalise(batch)))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty Hugging Face cache and no network."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    from failscape.targets import hub

    def offline(repo, *, local_files_only=False, **options):
        if not local_files_only:
            raise LocalEntryNotFoundError("offline")
        return huggingface_hub.snapshot_download(repo, local_files_only=True, cache_dir=tmp_path, **options)

    monkeypatch.setattr(hub, "snapshot_download", offline)
    return tmp_path


def test_published_weights_come_from_the_cache(cache, batch):
    module = timm.create_model(NAME, pretrained=False).eval()
    repository = cache / f"models--timm--{NAME}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    (repository / "snapshots" / "abc").mkdir(parents=True)
    save_file(module.state_dict(), repository / "snapshots" / "abc" / "model.safetensors")
    target = load_target(f"timm:{NAME}", "cpu")
    with torch.inference_mode():
        torch.testing.assert_close(target(batch).logits, module(target.transform.normalise(batch)))


def test_not_cached_and_offline(cache):
    with pytest.raises(UsageError) as info:
        load_target(f"timm:{NAME}")
    assert str(info.value) == (
        f"timm:{NAME} is not in the local cache and the hub cannot be reached\n"
        f"       download it elsewhere with `hf download timm/{NAME}` "
        f"and pass the file: --target timm:{NAME}?weights=path/to/model.safetensors"
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("timm:resnet19", "no classifier 'resnet19'; did you mean resnet18"),
        ("timm:test_resnet.r160_in2k", "did you mean test_resnet.r160_in1k"),
        ("timm:resnet18?weights=V1", "no weights 'V1'"),
        ("timm:resnet18?weight=none", "no option 'weight'; did you mean weights"),
    ],
)
def test_what_is_unknown(uri, message):
    with pytest.raises(UsageError, match=message):
        load_target(uri)


def test_a_file_called_default_is_not_taken_for_published_weights(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "DEFAULT").write_bytes(b"no weights")
    with pytest.raises(UsageError, match="is not in the local cache"):
        load_target(f"timm:{NAME}")


def test_without_published_weights():
    name = next(name for name in timm.list_models() if not timm.get_pretrained_cfg(name).has_weights)
    with pytest.raises(UsageError, match="has no published weights"):
        load_target(f"timm:{name}")
