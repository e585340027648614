"""``timm-features:NAME``: the models of timm as encoders, with published weights, a file's, or random ones.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from typing import Any

import torch

from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.classifiers.timm import load_module
from failscape.targets.encoders.choice import choose, one_of
from failscape.targets.encoders.encoder import DTYPES, TowerEncoder
from failscape.targets.encoders.readers import PictureReader
from failscape.targets.encoders.towers import States, Tower


def load(
    name: str,
    device: str = "auto",
    *,
    weights: str = "DEFAULT",
    layer: str = "",
    token: str = "",
    dtype: str = "float32",
) -> TowerEncoder:
    """A model of timm without its classifier.

    Args:
        name: As in ``timm.create_model``, such as ``resnet18`` or, with a tag, ``resnet18.a1_in1k``.
        device: Where it runs.
        weights: ``DEFAULT`` for the published weights (from the local cache, else the hub), a ``.safetensors`` or
            ``.pth`` file, or ``none`` for a random initialisation that is the same at every call.
        layer: The block (of a convolutional network, the stage) after which states are read, from 1, or from -1 at the
            end; without it, after the final norm.
        token: ``pooled`` (what feeds the classifier), ``cls``, ``patches`` or ``mean``.
        dtype: In which the weights are held and the module computes: ``float32``, ``float16`` or ``bfloat16``.

    Raises:
        UsageError: Where timm is not installed, for an unknown name or option, weights that cannot be had or do not
            fit, or a layer or token that the model has not.
    """
    module: Any = load_module(name, weights)
    uri = f"timm-features:{name}"
    one_of(uri, "dtype", dtype, tuple(DTYPES))
    reader = PictureReader(Preprocess.from_timm(module), "pil")
    module.reset_classifier(0)
    tower = Timm(module)
    choice = choose(uri, tower, layer, token)
    return TowerEncoder(tower, reader, choice, library="timm", architecture=name, name=uri, device=device, dtype=dtype)


class Timm(Tower):
    """A model without its classifier; the places of a convolutional network's last map are its patches."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.n_prefix: int = getattr(model, "num_prefix_tokens", 0)  # class token and registers
        self.tokens = ("pooled",)
        if hasattr(model, "forward_intermediates"):
            inner = ("cls", "patches", "mean") if getattr(model, "cls_token", None) is not None else ("mean", "patches")
            self.tokens, self.inner_tokens = ("pooled", *inner), inner
            self.n_layers = len(model.feature_info)

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """What feeds the classifier ``(B, F)``."""
        pooled: torch.Tensor = self.model(inputs)
        return pooled

    def states(self, inputs: torch.Tensor, layer: int | None) -> States:
        """States of the patches, and of the class token where there is one."""
        prefix = {"return_prefix_tokens": True} if self.n_prefix else {}
        (found,) = self.model.forward_intermediates(
            inputs, indices=[(layer or self.n_layers) - 1], norm=layer is None, intermediates_only=True, **prefix
        )
        maps, single = (found[0], found[1][:, 0]) if self.n_prefix else (found, None)
        return States(maps.flatten(2).transpose(1, 2), single)
