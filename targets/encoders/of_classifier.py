"""Any classifier of pictures as an encoder: the features that it gives beside its scores, the input of its last layer.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from PIL import Image

from failscape.targets.base import TorchTarget, device_of
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.encoders.towers import IMAGE
from failscape.targets.fingerprint import weights_fingerprint
from failscape.targets.outputs import EncoderOutputs


class ClassifierFeatures:
    """An encoder of pictures.

    Args:
        classifier: whose features are taken; any target that gives some.
    """

    task = "image-feature-extraction"

    def __init__(self, classifier: ClassifierTarget) -> None:
        self.classifier, self.name, self.device = classifier, classifier.name, device_of(classifier)
        self.n_queries = 0
        noise = np.random.default_rng(0).integers(0, 256, (301, 257, 3), np.uint8)
        self._noise = self.prepare(Image.fromarray(noise))

    @property
    def settings(self) -> EncoderSettings:
        """Everything that decides the vectors, as far as a classifier shows it.

        Its normalisation is not seen in prepared pixels, so the features of a noisy picture are part of the digest, to
        four digits.
        """
        module = self.classifier.module if isinstance(self.classifier, TorchTarget) else self.classifier
        found = self.classifier(self._noise[None]).features.float().cpu().numpy()
        known = blake2b(self._noise.numpy().tobytes(), digest_size=8)
        known.update(np.char.mod("%.3e", found).tobytes())
        return EncoderSettings(
            modality=IMAGE,
            library="classifier",
            architecture=type(module).__name__,
            layer="final",
            token="features",
            projection=False,
            activation="",
            dtype="float32",
            input_size=f"{self._noise.shape[1]}x{self._noise.shape[2]} px",
            backend="pil",
            preparation=known.hexdigest(),
            weights=weights_fingerprint(self.classifier),
        )

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Unit vectors ``(B, F)`` of prepared pictures ``(B, 3, H, W)`` uint8."""
        if not len(inputs):  # which some modules refuse
            return self._features(self._noise[None], None).rows(np.zeros(0, np.int64))
        self.n_queries += len(inputs)
        return self._features(inputs, seeds)

    def prepare(self, item: Any) -> torch.Tensor:
        """A PIL image as the classifier wants it: ``(3, H, W)`` uint8."""
        return self.classifier.prepare(item)

    def _features(self, inputs: Any, seeds: Sequence[int] | None) -> EncoderOutputs:
        features = self.classifier(inputs.to(self.device), seeds).features.flatten(1)
        return EncoderOutputs.of(features, np.zeros(len(inputs), bool))

    def __repr__(self) -> str:
        return f"ClassifierFeatures({self.classifier!r})"
