import pickle

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.weights import read_state

NAME = "shufflenet_v2_x0_5"


@pytest.fixture
def batch():
    return torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def small(n_classes=7):
    torch.manual_seed(1)
    return models.get_model(NAME, num_classes=n_classes).eval()


def test_random_weights_repeat_and_leave_the_generator_alone(batch):
    torch.manual_seed(5)
    state = torch.get_rng_state()
    one, two = (load_target(f"torchvision:{NAME}?weights=none", "cpu") for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one(batch).logits, two(batch).logits)
    assert one.class_names[0] == "tench" and len(one.class_names) == 1000
    assert one.name == f"torchvision:{NAME}?weights=none" and one.image_size == (3, 224, 224)


def save(kind, state, folder):
    path = folder / f"weights.{kind}"
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "ckpt.pth":  # as training scripts save it
        torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in state.items()}}, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("kind", ["pth", "safetensors", "ckpt.pth"])
def test_weights_from_a_file(kind, batch, tmp_path):
    module = small()
    path = save(kind, module.state_dict(), tmp_path)
    target = load_target(f"torchvision:{NAME}?weights={path}", "cpu")
    assert target.class_names == tuple("0123456")
    with torch.inference_mode():
        expected = module(target.transform.normalise(batch))
    torch.testing.assert_close(target(batch).logits, expected)


def test_names_from_a_file(tmp_path):
    path = save("pth", small(3).state_dict(), tmp_path)
    names = tmp_path / "names.txt"
    names.write_text("bolt M3\nbolt M4\nwasher\n")
    target = load_target(f"torchvision:{NAME}?weights={path}&classes={names}", "cpu")
    assert target.class_names == ("bolt M3", "bolt M4", "washer")
    assert len(load_target(f"torchvision:{NAME}?weights=none&classes={names}", "cpu").class_names) == 3
    names.write_text("bolt\n")
    with pytest.raises(UsageError, match="has 3 outputs but 1 class names"):
        load_target(f"torchvision:{NAME}?weights={path}&classes={names}", "cpu")
    with pytest.raises(UsageError, match=r"class names .*gone.txt cannot be read: No such file"):
        load_target(f"torchvision:{NAME}?weights={path}&classes={tmp_path}/gone.txt", "cpu")


def test_googlenet_loads_with_and_without_auxiliary_heads(tmp_path):
    module = models.get_model("googlenet", num_classes=5, aux_logits=True, init_weights=False)
    path = save("safetensors", module.state_dict(), tmp_path)
    target = load_target(f"torchvision:googlenet?weights={path}", "cpu")
    assert len(target.class_names) == 5
    path = save("pth", target.module.state_dict(), tmp_path)
    assert len(load_target(f"torchvision:googlenet?weights={path}", "cpu").class_names) == 5


def test_unknown_name_names_the_closest():
    with pytest.raises(UsageError, match=r"torchvision has no classifier 'alexnett'; did you mean alexnet?"):
        load_target("torchvision:alexnett")


def test_unknown_weights_name_the_closest():
    with pytest.raises(UsageError, match=r"no weights 'IMAGENET1K_V3'.*did you mean IMAGENET1K_V"):
        load_target("torchvision:resnet50?weights=IMAGENET1K_V3")


def test_missing_file_names_the_closest(tmp_path):
    save("pth", {"a": torch.zeros(1)}, tmp_path)
    with pytest.raises(UsageError, match=r"no weights file .*wieghts.pth; did you mean weights.pth?"):
        load_target(f"torchvision:{NAME}?weights={tmp_path}/wieghts.pth")


def test_weights_of_another_architecture(tmp_path):
    path = save("pth", models.get_model("squeezenet1_1", num_classes=4).state_dict(), tmp_path)
    with pytest.raises(
        UsageError, match=r"does not fit ShuffleNetV2: keys \d+ missing \(conv1.0.weight, .*unknown"
    ) as info:
        load_target(f"torchvision:{NAME}?weights={path}")
    assert "\n" not in str(info.value)


class Malicious:
    def __reduce__(self):
        return (print, ("this code ran",))


def test_a_malicious_pickle_is_refused(tmp_path, capsys):
    path = tmp_path / "weights.pth"
    torch.save({"fc.weight": Malicious()}, path)
    with pytest.raises(UsageError, match="holds more than tensors, which could run code"):
        load_target(f"torchvision:{NAME}?weights={path}")
    path.write_bytes(pickle.dumps(Malicious(), protocol=2))
    with pytest.raises(UsageError, match="holds more than tensors, which could run code"):
        read_state(str(path))
    assert "this code ran" not in capsys.readouterr().out


@pytest.mark.parametrize(("file", "content"), [("a.safetensors", b"junk"), ("b.safetensors", b""), ("c.pth", b"")])
def test_a_damaged_file(tmp_path, file, content):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as weights"):
        read_state(str(tmp_path / file))


def test_a_file_without_named_tensors(tmp_path):
    torch.save([torch.zeros(2)], tmp_path / "list.pth")
    with pytest.raises(UsageError, match="holds no table of named tensors"):
        read_state(str(tmp_path / "list.pth"))


def test_published_weights_come_from_the_cache(tmp_path, monkeypatch, batch):
    weights = models.get_model_weights(NAME).DEFAULT
    module = models.get_model(NAME)
    (tmp_path / "checkpoints").mkdir()
    torch.save(module.state_dict(), tmp_path / "checkpoints" / weights.url.rsplit("/", 1)[-1])
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    # torchvision checks the hash only of what it downloads
    target = load_target(f"torchvision:{NAME}?weights=IMAGENET1K_V1", "cpu")
    with torch.inference_mode():
        torch.testing.assert_close(target(batch).logits, module.eval()(target.transform.normalise(batch)))


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def unreachable(*args, **kwargs):
        raise OSError("<urlopen error [Errno -2] Name or service not known>")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(UsageError) as info:
        load_target("torchvision:alexnet")
    first, second = str(info.value).split("\n")
    assert "AlexNet_Weights.IMAGENET1K_V1 are not in the local cache" in first and "Name or service not known" in first
    assert "--target torchvision:alexnet?weights=path/to/alexnet-owt-7be5be79.pth" in second
