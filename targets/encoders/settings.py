"""Everything that decides the vectors of an encoder, as one record: to print, to compare, to key a cache with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b


@dataclass(frozen=True)
class EncoderSettings:
    """Two encoders with equal settings give equal vectors, but for the last bits of floating point."""

    modality: str  # "image" or "text"
    library: str  # whose code computes them: "transformers", "open_clip", "timm", "sentence-transformers"
    architecture: str  # as the library names it
    layer: str  # "final", or the number of the block after which the states are read, from 1
    token: str  # "pooled", "cls", "patches" or "mean"
    projection: bool  # whether the pooled vector is projected into the space that two towers share
    activation: str  # of the blocks: "quick_gelu", "gelu", ...; "" where the architecture alone decides it
    dtype: str  # in which the module computes: "float32", "float16", "bfloat16"
    input_size: str  # "224x224 px", "77 tokens"
    backend: str  # what resizes pictures: "torchvision" or "pil"; "" of texts
    preparation: str  # 16 letters that change with what becomes of a fixed picture, or of fixed texts
    weights: str  # see failscape.targets.fingerprint

    @property
    def key(self) -> str:
        """32 letters that change with any of the settings."""
        return blake2b(json.dumps(asdict(self), sort_keys=True).encode(), digest_size=16).hexdigest()

    def __str__(self) -> str:
        """One line for reports."""
        token = f"{self.token}, {'projected' if self.projection else 'not projected'}"
        layer = "final layer" if self.layer == "final" else f"layer {self.layer}"
        size = f"{self.input_size} by {self.backend}" if self.backend else self.input_size
        parts = [f"{self.library} {self.architecture} ({self.modality})", layer, token, self.activation, size]
        parts += [self.dtype, f"preparation {self.preparation}", f"weights {self.weights}" if self.weights else ""]
        return " · ".join(part for part in parts if part)
