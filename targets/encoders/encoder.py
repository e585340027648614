"""Any tower as a frozen encoder.

Shapes: ``B`` batch, ``T`` tokens, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from failscape.targets.base import Weights
from failscape.targets.batching import check_finite, micro_batches, resolve_device
from failscape.targets.encoders.choice import Choice
from failscape.targets.encoders.readers import Reader
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.encoders.towers import Tower
from failscape.targets.fingerprint import weights_fingerprint
from failscape.targets.outputs import EncoderOutputs
from failscape.targets.weights import twin_with

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class TowerEncoder:
    """A frozen encoder: uint8 pixels or texts in, vectors out.

    Args:
        tower: The module; it is frozen and moved to the device in place.
        reader: What comes before its first layer.
        choice: Which of its vectors are given.
        library: Whose code computes them.
        architecture: As the library names it.
        name: How messages and records call it; ``load_target`` sets it to the URI.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        dtype: In which it computes; vectors are float32 whatever it is.
        batch_size: Most samples per forward; halves itself where the device's memory is too small.

    Raises:
        UsageError: For an unusable device.
    """

    def __init__(
        self,
        tower: Tower,
        reader: Reader,
        choice: Choice,
        *,
        library: str,
        architecture: str,
        name: str = "encoder",
        device: str | torch.device = "auto",
        dtype: str = "float32",
        batch_size: int = 64,
    ) -> None:
        self.name = name
        self.task = reader.task
        self.device = resolve_device(device)
        self.reader, self.choice = reader, choice
        self.library, self.architecture, self.dtype = library, architecture, dtype
        if tower.has_projection and not choice.projection:
            tower.drop_projection()
        self.module: Tower = tower.requires_grad_(False).eval().to(self.device, DTYPES[dtype])
        self.batch_size = batch_size
        self.n_queries = 0

    @property
    def settings(self) -> EncoderSettings:
        """Everything that decides the vectors; reads all weights, so that it takes a second per gigabyte."""
        return EncoderSettings(
            modality=self.reader.modality,
            library=self.library,
            architecture=self.architecture,
            layer="final" if self.choice.layer is None else str(self.choice.layer),
            token=self.choice.token,
            projection=self.choice.projection,
            activation=self.module.activation,
            dtype=self.dtype,
            input_size=self.reader.input_size,
            backend=self.reader.backend,
            preparation=self.reader.digest,
            weights=weights_fingerprint(self),
        )

    def __call__(self, inputs: Any, seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Vectors of a batch on the target's device; ``seeds`` are ignored, as an encoder is deterministic.

        Raises:
            UsageError: For inputs of another type or shape, vectors that are not finite, or a device whose memory
                does not hold one sample.
        """
        self.reader.check(inputs, self.name)
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._forward(inputs[start:stop]),
            len(inputs),
            self.batch_size,
            f"{self.name}: one sample does not fit into the memory of {self.device}",
        )
        outputs = parts[0] if len(parts) == 1 else EncoderOutputs.joined(parts)
        check_finite(self.name, outputs.embeddings, "embeddings", "its weights, or take dtype=float32")
        self.n_queries += len(inputs)
        return outputs

    def vectors(self, inputs: Any) -> torch.Tensor:
        """The embeddings of prepared inputs with gradients, on the target's device; they are not counted as queries."""
        read, _ = self.reader.read(inputs, self.device, DTYPES[self.dtype])
        found = self.module(read, self.choice.layer, self.choice.token).float()
        return torch.nn.functional.normalize(found, dim=1) if found.ndim == 2 else found

    def prepare(self, item: Any) -> Any:
        """A PIL image as ``(3, H, W)`` uint8 pixels, resized and cropped but not yet normalised; a text as it is."""
        return self.reader.prepare(item)

    def with_weights(self, weights: Weights) -> TowerEncoder:
        """A second encoder that differs in its weights, and has been asked nothing yet.

        Raises:
            ValueError: they are another architecture's.
        """
        return twin_with(self, weights)

    def __repr__(self) -> str:
        millions = sum(p.numel() for p in self.module.parameters()) / 1e6
        return f"TowerEncoder({self.name}, {millions:.3g} M parameters, {self.device})"

    @torch.inference_mode()
    def _forward(self, inputs: Any) -> EncoderOutputs:
        if not len(inputs):  # which some tokenizers and modules refuse
            return self._forward(self.reader.one()).rows(np.zeros(0, np.int64))
        read, cut = self.reader.read(inputs, self.device, DTYPES[self.dtype])
        return EncoderOutputs.of(self.module(read, self.choice.layer, self.choice.token), cut)
