"""``timm:NAME``: the classifiers of timm, with published weights, a file's, or random ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from failscape.errors import UsageError, did_you_mean, require
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.hub import hub_folder
from failscape.targets.weights import class_names, first_line, from_file, is_file_name, read_names, seeded

if TYPE_CHECKING:
    from torch import nn


def load(name: str, device: str = "auto", *, weights: str = "DEFAULT", classes: str = "") -> Classifier:
    """A timm classifier.

    Args:
        name: As in ``timm.create_model``, such as ``resnet18`` or, with a tag, ``resnet18.a1_in1k``.
        device: Where it runs.
        weights: ``DEFAULT`` for the published weights (from the local cache, else the hub), a ``.safetensors`` or
            ``.pth`` file, or ``none`` for a random initialisation that is the same at every call.
        classes: A text file with one class name per line. Without it the classes have the ImageNet names where
            their number is that of an ImageNet set timm knows, else numbers.

    Raises:
        UsageError: Where timm is not installed, for an unknown name, weights that cannot be had or do not fit.
    """
    names = read_names(classes) if classes else ()
    module = load_module(name, weights, len(names) or 1000)
    return Classifier(module, Preprocess.from_timm(module), names or _names(module), name=f"timm:{name}", device=device)


def load_module(name: str, weights: str, n_classes: int = 1000) -> nn.Module:
    """A model of timm with its classifier.

    Args:
        name: As in ``timm.create_model``.
        weights: ``DEFAULT``, a file, or ``none``.
        n_classes: Of a random initialisation.

    Raises:
        UsageError: Where timm is not installed, for an unknown name, weights that cannot be had or do not fit.
    """
    timm = require("timm", "timm")
    _check_name(timm, name)
    build = partial(_build, timm, name)
    if weights.lower() == "none":
        return seeded(build, n_classes)
    if weights == "DEFAULT":
        return _published(timm, name)
    if is_file_name(weights):
        return from_file(build, weights)[0]
    raise UsageError(f"timm:{name} has no weights '{weights}': a file, none, or DEFAULT (a tag belongs to the name)")


def _check_name(timm: Any, name: str) -> None:
    if not timm.is_model(name):
        raise UsageError(f"timm has no classifier '{name}'{did_you_mean(name, timm.list_models())}")
    _, dot, tag = name.partition(".")
    known = timm.list_pretrained() if dot else ()
    if dot and name not in known:
        raise UsageError(f"timm has no weights '{tag}' for this classifier: {name}{did_you_mean(name, known)}")


def _build(timm: Any, name: str, n_classes: int) -> nn.Module:
    module: nn.Module = timm.create_model(name, pretrained=False, num_classes=n_classes)
    return module


def _published(timm: Any, name: str) -> nn.Module:
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        raise UsageError(f"timm:{name} has no published weights; take another tag, ?weights=FILE or ?weights=none")
    overlay = {}
    if config.hf_hub_id:
        file = config.hf_hub_filename or "model.safetensors"
        use = f"file: --target timm:{name}?weights=path/to/{file}"
        overlay["file"] = str(hub_folder(config.hf_hub_id, f"timm:{name}", [file], use) / file)
    try:
        module: nn.Module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"the weights of timm:{name} cannot be loaded: {first_line(error)}") from None
    return module


def _names(module: Any) -> tuple[str, ...]:
    data = require("timm.data", "timm")
    subset = data.infer_imagenet_subset(module)
    return class_names(module.num_classes, data.ImageNetInfo(subset).label_descriptions() if subset else ())
