"""Image classifiers in a folder in Hugging Face format."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoImageProcessor, AutoModelForImageClassification

from failscape.errors import UsageError
from failscape.targets import pretrained
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.classifiers.preprocess import Preprocess

KIND = "an image classifier"


def load(folder: Path, uri: str, device: str = "auto") -> Classifier:
    """The image classifier in a folder with ``config.json``, weights and ``preprocessor_config.json``, in float32.

    Raises:
        UsageError: It is none, gives several labels, or its last layer was never trained.
    """
    if pretrained.config(folder, uri).get("problem_type") == "multi_label_classification":
        raise UsageError(
            f"{uri} gives each picture any number of labels (problem_type is multi_label_classification), and a "
            "picture has one right class here; take a classifier of one label"
        )
    module = pretrained.module(AutoModelForImageClassification, folder, uri, KIND, "a trained classifier")
    processor = pretrained.load(AutoImageProcessor, folder, uri, KIND)
    names = [module.config.id2label[i] for i in range(module.config.num_labels)]
    return Classifier(module, Preprocess.from_hf(processor), names, name=uri, device=device)
