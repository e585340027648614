"""``torchvision:NAME``: the classifiers of torchvision, with published weights, a file's, or random ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn
from torchvision import models

from failscape.errors import UsageError, did_you_mean
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.weights import class_names, from_file, is_file_name, read_names, seeded

# Auxiliary heads of GoogLeNet and Inception.
TRAINING_ONLY = ("aux1.", "aux2.", "AuxLogits.")


def load(name: str, device: str = "auto", *, weights: str = "DEFAULT", classes: str = "") -> Classifier:
    """A torchvision classifier.

    Args:
        name: As in ``torchvision.models``, such as ``resnet50``.
        device: Where it runs.
        weights: The name of published weights (from the local cache, else downloaded), a ``.safetensors`` or
            ``.pth`` file, or ``none`` for a random initialisation that is the same at every call.
        classes: A text file with one class name per line, for weights of one's own. Without it these have the
            ImageNet names where there are 1000 classes, else numbers.

    Pictures are prepared as for the published weights; with a file or ``none``, as for the default ones.

    Raises:
        UsageError: For an unknown name, weights that cannot be had or do not fit.
    """
    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(f"torchvision has no classifier '{name}'{did_you_mean(name, known)}")
    published = models.get_model_weights(name)
    source = published.DEFAULT
    names = read_names(classes) if classes else ()
    build = partial(_build, name)
    if weights.lower() == "none":
        module = seeded(build, len(names) or 1000)
        names = names or class_names(1000, source.meta["categories"])
    elif weights not in published.__members__ and is_file_name(weights):
        module, n_classes = from_file(build, weights, ignored=TRAINING_ONLY)
        names = names or class_names(n_classes, source.meta["categories"])
    else:
        source = _member(name, published, weights)
        module = _published(name, source)
        names = names or source.meta["categories"]
    return Classifier(
        module, Preprocess.from_torchvision(source.transforms()), names, name=f"torchvision:{name}", device=device
    )


def _build(name: str, n_classes: int) -> nn.Module:
    # As the published weights want these two; their own initialisation is slow and warns of its end.
    old = {"init_weights": False, "transform_input": True, "aux_logits": False}
    options = old if name in ("googlenet", "inception_v3") else {}
    return models.get_model(name, weights=None, num_classes=n_classes, **options)


def _member(name: str, published: Any, weights: str) -> Any:
    if weights in published.__members__:
        return published[weights]
    closest = did_you_mean(weights, [*published.__members__, "none"])
    raise UsageError(f"torchvision:{name} has no weights '{weights}', and there is no such file{closest}")


def _published(name: str, source: Any) -> nn.Module:
    try:
        return models.get_model(name, weights=source)
    except (OSError, RuntimeError) as error:
        file = source.url.rsplit("/", 1)[-1]
        raise UsageError(
            f"{source} are not in the local cache ({torch.hub.get_dir()}) and cannot be downloaded: {error}\n"
            f"       fetch {source.url} elsewhere and pass the file: --target torchvision:{name}?weights=path/to/{file}"
        ) from None
