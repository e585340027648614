import copy
import pickle
import warnings
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import models

from failscape.errors import UsageError
from failscape.targets import Classifier, Preprocess
from failscape.targets.batching import resolve_device

SCALE = Preprocess.resize(64, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
NAMES = [str(i) for i in range(10)]


class Tiny(nn.Module):
    """A network that counts its forwards and can be made to misbehave."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 5, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(24, 10)
        self.calls = []
        self.most = None  # samples that fit into the memory it pretends to have
        self.wrap = None

    def forward(self, x):
        self.calls.append(len(x))
        if self.most is not None and len(x) > self.most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        logits = self.head(self.body(x))
        return self.wrap(logits) if self.wrap else logits


@pytest.fixture
def batch():
    return torch.randint(0, 256, (7, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def tiny():
    torch.manual_seed(0)
    return Classifier(Tiny(), SCALE, NAMES, name="tiny", device="cpu")


def test_one_forward_gives_scores_and_features(tiny, batch):
    tiny.module.calls.clear()
    outputs = tiny(batch)
    assert tiny.module.calls == [7] and tiny.n_queries == 7
    features = tiny.module.body(SCALE.normalise(batch))
    torch.testing.assert_close(outputs.features, features)
    torch.testing.assert_close(outputs.logits, tiny.module.head(features))


def test_is_frozen_and_left_clean(tiny, batch):
    before = copy.deepcopy(tiny.module.state_dict())
    outputs = tiny(batch)
    assert not tiny.module.training and not outputs.logits.requires_grad
    assert not any(p.requires_grad for p in tiny.module.parameters())
    assert all(torch.equal(value, before[key]) for key, value in tiny.module.state_dict().items())
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in tiny.module.modules())


def test_batch_equals_loop_and_micro_batches(tiny, batch):
    outputs = tiny(batch)
    singles = [tiny(batch[i : i + 1]) for i in range(len(batch))]
    torch.testing.assert_close(outputs.logits, torch.cat([single.logits for single in singles]))
    tiny.batch_size = 3
    tiny.module.calls.clear()
    parts = tiny(batch)
    assert tiny.module.calls == [3, 3, 1]
    torch.testing.assert_close(parts.logits, outputs.logits)
    torch.testing.assert_close(parts.features, outputs.features)


def test_no_inputs_give_no_outputs(tiny, batch):
    outputs = tiny(batch[:0])
    assert outputs.logits.shape == (0, 10) and outputs.features.shape == (0, 24) and tiny.n_queries == 0


def test_recovers_where_memory_is_short(tiny, batch):
    expected = tiny(batch)
    tiny.module.most = 2
    outputs = tiny(batch)
    assert tiny.batch_size == 1  # 7 -> 3 -> 1
    torch.testing.assert_close(outputs.logits, expected.logits)
    tiny.module.most = 0
    with pytest.raises(UsageError, match="one sample of 3x64x64 does not fit into the memory of cpu"):
        tiny(batch)


def test_pickles_and_copies(tiny, batch):
    expected = tiny(batch).features
    assert torch.equal(pickle.loads(pickle.dumps(tiny))(batch).features, expected)
    assert torch.equal(copy.deepcopy(tiny)(batch).features, expected)


def test_other_weights_make_a_second_classifier(tiny, batch):
    before = tiny(batch)
    doubled = {name: 2 * weight for name, weight in tiny.module.state_dict().items()}
    twin = tiny.with_weights(doubled)
    outputs = twin(batch)
    assert not torch.equal(outputs.logits, before.logits) and twin.n_queries == tiny.n_queries == len(batch)
    torch.testing.assert_close(outputs.logits, twin.module.head(outputs.features))  # the features are its own
    assert twin.head is twin.module.head is not tiny.head and not twin.module.training
    assert torch.equal(tiny(batch).logits, before.logits) and twin.class_names == tiny.class_names
    with pytest.raises(ValueError, match=r"does not fit \w+: keys 1 unknown \(other\)"):
        tiny.with_weights(doubled | {"other": torch.zeros(1)})


def test_half_precision_modules_give_float32_outputs(batch):
    target = Classifier(Tiny().bfloat16(), SCALE, NAMES, device="cpu")
    outputs = target(batch)
    assert outputs.logits.dtype == outputs.features.dtype == torch.float32


@pytest.mark.parametrize(
    "wrap",
    [lambda x: (x, x), lambda x: [x], lambda x: {"logits": x}, lambda x: SimpleNamespace(logits=x)],
)
def test_reads_every_kind_of_output(tiny, batch, wrap):
    expected = tiny(batch).logits
    tiny.module.wrap = wrap
    assert torch.equal(tiny(batch).logits, expected)


@pytest.mark.parametrize("wrap", [lambda x: {"boxes": x}, lambda x: x[:, :, None], lambda x: "cat", lambda x: ()])
def test_refuses_what_is_no_classifier(wrap):
    module = Tiny()
    module.wrap = wrap
    with pytest.raises(UsageError, match="detector: not an image classifier: it gives"):
        Classifier(module, SCALE, NAMES, name="detector", device="cpu")


def test_without_a_last_layer_the_scores_are_the_features(batch):
    module = nn.Sequential(nn.Conv2d(3, 10, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    outputs = Classifier(module, SCALE, NAMES, device="cpu")(batch)
    assert torch.equal(outputs.features, outputs.logits)


def test_wrong_number_of_names():
    with pytest.raises(UsageError, match="parts has 10 outputs but 3 class names"):
        Classifier(Tiny(), SCALE, ["a", "b", "c"], name="parts", device="cpu")


def test_scores_that_are_not_finite(tiny, batch):
    tiny.module.wrap = lambda x: x.index_fill(0, torch.tensor([1, 4]), torch.nan)
    with pytest.raises(UsageError, match=r"tiny gives NaN or infinite scores for 2 of 7 samples \(29.%\)"):
        tiny(batch)
    assert tiny.n_queries == 0


def test_inputs_of_another_type_or_shape(tiny, batch):
    with pytest.raises(UsageError, match=r"uint8 pixels .* not .* torch.float32"):
        tiny(batch / 255)
    for other in (batch[0], batch[:, :1], batch.numpy(), None):
        with pytest.raises(UsageError, match=r"tiny takes uint8 pixels \(B, 3, H, W\), which its prepare makes of"):
            tiny(other)
    with pytest.raises(UsageError, match="prepare takes a PIL image, not str"):
        tiny.prepare("picture.png")


def test_prepare_must_give_uint8():
    with pytest.raises(UsageError, match=r"prepare must give \(3, H, W\) uint8 pixels, not \(3, 8, 8\) torch.float32"):
        Classifier(Tiny(), Preprocess(lambda image: torch.zeros(3, 8, 8), (0,), (1,)), NAMES, device="cpu")


def test_prepares_grey_pictures(tiny):
    assert tiny.prepare(Image.new("L", (80, 90))).shape == tiny.image_size == (3, 64, 64)


def test_devices():
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for device in ("gpu", "cuda:97"):
        with pytest.raises(UsageError, match=f"device '{device}' cannot be used here"):
            resolve_device(device)


def test_repr_is_one_honest_line(tiny):
    assert repr(tiny) == "Classifier(tiny, 10 classes, 0.000706 M parameters, cpu)"


def manual(name, module, pixels):
    """The penultimate activations, computed from the architecture's parts."""
    if name == "alexnet":
        return module.classifier[:-1](module.avgpool(module.features(pixels)).flatten(1))
    if name == "resnet18":
        return nn.Sequential(*list(module.children())[:-1])(pixels).flatten(1)
    if name == "squeezenet1_1":
        return module.features(pixels).mean(dim=(2, 3))
    if name == "convnext_tiny":
        return module.classifier[:-1](module.avgpool(module.features(pixels)))
    if name == "efficientnet_b0":
        return module.avgpool(module.features(pixels)).flatten(1)
    raise KeyError(name)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "squeezenet1_1", "convnext_tiny", "efficientnet_b0"])
def test_features_equal_a_manual_computation(name, batch):
    torch.manual_seed(0)
    target = Classifier(models.get_model(name, num_classes=10), SCALE, NAMES, device="cpu")
    outputs = target(batch[:2])
    with torch.inference_mode():
        pixels = SCALE.normalise(batch[:2])
        torch.testing.assert_close(outputs.features, manual(name, target.module, pixels))
        torch.testing.assert_close(outputs.logits, target.module(pixels))


@pytest.mark.parametrize(("name", "width"), [("googlenet", 1024), ("inception_v3", 2048)])
def test_auxiliary_heads_are_not_mistaken_for_the_last_layer(name, width):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = models.get_model(name, num_classes=10, aux_logits=True, init_weights=False)
    scale = Preprocess.resize(96 if name == "inception_v3" else 64, (0.5,) * 3, (0.5,) * 3)
    target = Classifier(module, scale, NAMES, device="cpu")
    outputs = target(torch.randint(0, 256, (2, *target.image_size), dtype=torch.uint8))
    assert outputs.features.shape == (2, width)
    torch.testing.assert_close(outputs.logits, target.module.fc(outputs.features))


@pytest.mark.parametrize("as_mapping", [False, True])
def test_of_probabilities_the_logarithm_is_taken(tiny, batch, as_mapping):
    logits = tiny(batch).logits
    module = copy.deepcopy(tiny.module)
    module.wrap = lambda x: {"logits": x.softmax(1)} if as_mapping else x.softmax(1)
    softmax = Classifier(module, SCALE, NAMES, name="softmax", device="cpu")
    assert softmax.gives_probabilities and not tiny.gives_probabilities
    torch.testing.assert_close(softmax(batch).logits.softmax(1), logits.softmax(1))
    torch.testing.assert_close(softmax.scores(batch).softmax(1), logits.softmax(1))
    assert softmax.with_weights(tiny.module.state_dict()).gives_probabilities


def test_a_probability_of_zero_has_a_finite_logarithm(tiny, batch):
    module = copy.deepcopy(tiny.module)
    module.wrap = lambda x: F.one_hot(x.argmax(1), 10).float()
    certain = Classifier(module, SCALE, NAMES, device="cpu")
    torch.testing.assert_close(certain(batch).logits.softmax(1), F.one_hot(tiny(batch).logits.argmax(1), 10).float())


@pytest.mark.parametrize("wrap", [torch.sigmoid, torch.relu, lambda x: x.log_softmax(1), lambda x: x.softmax(1) - 0.1])
def test_what_is_no_distribution_is_taken_as_it_is(tiny, batch, wrap):
    module = copy.deepcopy(tiny.module)
    module.wrap = wrap
    plain = Classifier(module, SCALE, NAMES, device="cpu")
    assert not plain.gives_probabilities
    torch.testing.assert_close(plain(batch).logits, wrap(tiny(batch).logits))
