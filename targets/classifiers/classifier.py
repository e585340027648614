"""Any image classifier as a frozen target.

Shapes: ``B`` batch, ``C`` classes, ``F`` features, ``H`` and ``W`` the size the classifier wants.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import nn

from failscape.common.visible import well_formed
from failscape.errors import UsageError
from failscape.targets.base import Weights
from failscape.targets.batching import check_finite, check_pixels, micro_batches, resolve_device
from failscape.targets.classifiers.heads import are_probabilities, find_head, forward, scores
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.outputs import ClassifierOutputs
from failscape.targets.weights import fill

LEAST = torch.finfo(torch.float32).tiny  # a probability whose logarithm is finite
N_NOISE = 3  # pictures of noise that show whether a module gives probabilities


class Classifier:
    """A frozen image classifier: uint8 pixels in, scores and features out, from one forward.

    Features are the input of the last linear layer (or 1x1 convolution, averaged over space). It is found by one
    forward of a grey picture, which ``n_queries`` does not count; where there is none, the scores are the features.
    Of a module that ends in a softmax, as a few pictures show, the logarithms of the probabilities are the scores.

    Args:
        module: Maps normalised images ``(B, 3, H, W)`` to scores ``(B, C)``: a tensor, a tuple that starts with
            it, or an object or mapping with ``logits``. It is frozen and moved to the device in place.
        transform: How pictures are prepared and normalised for it.
        class_names: One per score, in their order.
        name: How messages and records call it; ``load_target`` sets it to the URI.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        batch_size: Most samples per forward; halves itself where the device's memory is too small.

    Raises:
        UsageError: For an unusable device, prepared pixels that are not ``(3, H, W)`` uint8, or class names that
            do not match the scores.
    """

    task = "image-classification"

    def __init__(
        self,
        module: nn.Module,
        transform: Preprocess,
        class_names: Sequence[str],
        *,
        name: str = "classifier",
        device: str | torch.device = "auto",
        batch_size: int = 256,
    ) -> None:
        self.name = name
        self.device = resolve_device(device)
        self.module = module.requires_grad_(False).eval().to(self.device)
        self.dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
        self.transform = transform
        self.class_names = tuple(map(well_formed, class_names))
        self.batch_size = batch_size
        self.n_queries = 0
        grey = self.prepare(Image.new("RGB", (256, 256), (128, 128, 128)))
        if grey.dtype != torch.uint8 or grey.ndim != 3 or grey.shape[0] != 3:
            raise UsageError(f"{name}: prepare must give (3, H, W) uint8 pixels, not {tuple(grey.shape)} {grey.dtype}")
        self.image_size: tuple[int, int, int] = (3, grey.shape[1], grey.shape[2])
        self.gives_probabilities = False
        self.head = self._find_head(grey[None])

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        """Scores and features: ``(B, 3, H, W) uint8 -> (B, C) float32, (B, F) float32`` on the target's device.

        ``seeds`` are ignored: a classifier is deterministic.

        Raises:
            UsageError: For inputs of another type or shape, scores that are not finite, or a device whose memory
                does not hold one sample.
        """
        check_pixels(self.name, inputs)
        size = "x".join(map(str, inputs.shape[1:]))
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._forward(inputs[start:stop]),
            len(inputs),
            self.batch_size,
            f"{self.name}: one sample of {size} does not fit into the memory of {self.device}",
        )
        outputs = parts[0] if len(parts) == 1 else ClassifierOutputs.joined(parts)
        check_finite(self.name, outputs.logits, "scores", "its weights and its mean and std")
        self.n_queries += len(inputs)
        return outputs

    def scores(self, inputs: torch.Tensor) -> torch.Tensor:
        """Scores with gradients, for a fine-tune: ``(B, 3, H, W) uint8 -> (B, C) float32``. No query is counted."""
        return self._logits(scores(self.module(self._normalised(inputs))))

    def prepare(self, image: Image.Image) -> torch.Tensor:
        """A PIL image, resized and cropped as the target wants it: ``(3, H, W)`` uint8, not yet normalised."""
        return self.transform.pixels_of(image)

    def with_weights(self, weights: Weights) -> Classifier:
        """A second classifier that differs in its weights, and has been asked nothing yet.

        Raises:
            ValueError: they are another architecture's.
        """
        twin = copy.copy(self)
        twin.module, twin.head = copy.deepcopy((self.module, self.head))  # together: the head is one of its layers
        fill(twin.module, weights)
        twin.n_queries = 0
        return twin

    def __repr__(self) -> str:
        millions = sum(p.numel() for p in self.module.parameters()) / 1e6
        return f"Classifier({self.name}, {len(self.class_names)} classes, {millions:.3g} M parameters, {self.device})"

    @torch.inference_mode()
    def _forward(self, inputs: torch.Tensor) -> ClassifierOutputs:
        outputs = forward(self.module, self.head, self._normalised(inputs))
        return ClassifierOutputs(self._logits(outputs.logits), outputs.features)

    def _logits(self, scores: torch.Tensor) -> torch.Tensor:
        return scores.clamp_min(LEAST).log() if self.gives_probabilities else scores

    @torch.inference_mode()
    def _find_head(self, grey: torch.Tensor) -> nn.Module | None:
        """The layer whose input are the features; looks at class names and scores on the way."""
        try:
            head, found = find_head(self.module, self._normalised(grey))
        except UsageError as error:
            raise UsageError(f"{self.name}: {error}") from None
        if len(self.class_names) != found.shape[1]:
            raise UsageError(
                f"{self.name} has {found.shape[1]} outputs but {len(self.class_names)} class names were given"
            )
        if are_probabilities(found):
            rng = np.random.default_rng(0)
            noise = [torch.from_numpy(rng.integers(0, 256, grey.shape, np.uint8)) for _ in range(N_NOISE)]
            more = [scores(self.module(self._normalised(picture))) for picture in noise]
            self.gives_probabilities = are_probabilities(torch.cat([found, *more]))
        return head

    def _normalised(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.transform.normalise(inputs.to(self.device, non_blocking=True)).to(self.dtype)
