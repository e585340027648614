"""The example that newcomers copy, on real weights and pictures."""

import pytest
import torch
from PIL import Image

from examples import cifar_resnet
from failscape.errors import UsageError
from failscape.targets import load_target


@pytest.mark.parametrize(("name", "layers", "n"), [("cifar10_resnet20", 20, 50), ("cifar10_resnet32", 32, 10)])
def test_accuracy_on_real_pictures(real_data, name, layers, n):
    target = load_target(f"cifar10:{real_data}/weights/{name}.safetensors", "cpu")
    assert sum(isinstance(m, torch.nn.Conv2d) for m in target.module.modules()) + 1 == layers
    correct = total = 0
    for label, folder in enumerate(sorted((real_data / "cifar10").iterdir())):
        assert folder.name == target.class_names[label]
        pictures = [Image.open(file) for file in sorted(folder.glob("*.jpg"))[:n]]
        outputs = target(torch.stack([target.prepare(picture) for picture in pictures]))
        assert outputs.features.shape == (len(pictures), 64)
        correct += int((outputs.logits.argmax(1) == label).sum())
        total += len(pictures)
    assert correct / total >= 0.78


def test_a_missing_file_is_one_line():
    with pytest.raises(UsageError, match=r"cifar10:gone.safetensors: no such file"):
        load_target("cifar10:gone.safetensors")


def test_depth_and_shapes_without_weights():
    module = cifar_resnet.CifarResNet(n=1).eval()
    assert module(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
