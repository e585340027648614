"""A network of your own as a target: the CIFAR ResNets of He et al. (2016), section 4.2.

Three things make a target: a module, how pictures are prepared for it, and the names of its classes. Register a
function that returns them, name this file, and the rest of failscape works on it::

    python train.py --env examples.cifar_resnet:failscape/Classifier-v0 \
        --target cifar10:../shared/real/weights/cifar10_resnet20.safetensors --data ../shared/real/cifar10
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

import failscape as fs

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut without parameters (option A): every second pixel, zeros as new channels."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride = stride
        self.padding = (channels - channels_in) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(B, C, H, W) -> (B, channels, H / stride, W / stride)``."""
        out = F.relu(self.bn1(self.conv1(x)))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(self.bn2(self.conv2(out)) + shortcut)


class CifarResNet(nn.Module):
    """Three stages of ``n`` blocks, 6n + 2 layers: n = 3 is ResNet-20, n = 5 ResNet-32."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, n, stride=1)
        self.layer2 = self._stage(16, 32, n, stride=2)
        self.layer3 = self._stage(32, 64, n, stride=2)
        self.linear = nn.Linear(64, len(CLASSES))

    @staticmethod
    def _stage(channels_in: int, channels: int, n: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            Block(channels_in, channels, stride), *(Block(channels, channels, 1) for _ in range(n - 1))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(B, 3, 32, 32) -> (B, 10)``."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        return self.linear(out.mean(dim=(2, 3)))


@fs.register_target("cifar10")
def load(name: str, device: str) -> fs.Classifier:
    """A CIFAR-10 ResNet; NAME is its weights file, and the depth is read from it."""
    weights = load_file(name)
    n = sum(key.startswith("layer1.") and key.endswith(".conv1.weight") for key in weights)
    module = CifarResNet(n)
    module.load_state_dict(weights)
    transform = fs.Preprocess.resize(32, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    return fs.Classifier(module, transform, CLASSES, device=device)
