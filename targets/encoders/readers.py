"""From items to what a tower reads: pixels that are normalised, texts that become tokens.

Shapes: ``B`` batch, ``H`` and ``W`` the size an encoder wants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from failscape.targets.batching import check_pixels, check_texts
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.encoders.towers import IMAGE, TEXT

# What shows how a tokenizer treats case, marks, other scripts, emptiness and length.
PROBES = ("", "A photo of a Cat.", "naïve café — 2 dogs & 1½ trees!", "東京の空", "a red car " * 300)
Tokenize = Callable[[list[str]], tuple[dict[str, torch.Tensor], np.ndarray]]


class Reader(Protocol):
    """What comes before the first layer."""

    task: str
    modality: str
    input_size: str  # for people
    backend: str  # what resizes pictures; "" of texts
    digest: str  # 16 letters that change with how fixed items are read

    def check(self, inputs: Any, name: str) -> None:
        """Refuse inputs of another type or shape; ``name`` is that of the encoder."""
        ...

    def prepare(self, item: Any) -> Any:
        """An item as a row of the inputs."""
        ...

    def one(self) -> Any:
        """Inputs of one item, whichever: they show the shapes of what comes of it."""
        ...

    def read(self, inputs: Any, device: torch.device, dtype: torch.dtype) -> tuple[Any, np.ndarray]:
        """What the tower is given, and which items were too long, so that their end was not read ``(B,)`` bool."""
        ...


class PictureReader:
    """Pictures by a ``Preprocess``.

    Args:
        transform: How pictures are prepared and normalised.
        backend: What resizes them: ``torchvision`` or ``pil``.
    """

    task = "image-feature-extraction"
    modality = IMAGE

    def __init__(self, transform: Preprocess, backend: str) -> None:
        self.transform, self.backend = transform, backend
        noise = np.random.default_rng(0).integers(0, 256, (301, 257, 3), np.uint8)
        pixels = self.prepare(Image.fromarray(noise))
        self.size = tuple(pixels.shape)
        self.input_size = f"{pixels.shape[1]}x{pixels.shape[2]} px"
        # Mean and std may have been measured: their last bits are the machine's.
        numbers = [[round(x, 5) for x in (*transform.mean, *transform.std)], transform.rescale, transform.bgr]
        known = blake2b(repr(numbers).encode(), digest_size=8)
        known.update(pixels.contiguous().numpy().data)
        self.digest = known.hexdigest()

    def check(self, inputs: Any, name: str) -> None:
        """Refuse what is not ``(B, 3, H, W)`` uint8 of the prepared size.

        Raises:
            UsageError: It is something else.
        """
        check_pixels(name, inputs, self.size)

    def prepare(self, item: Image.Image) -> torch.Tensor:
        """A PIL image, resized and cropped: ``(3, H, W)`` uint8, not yet normalised."""
        return self.transform.pixels_of(item)

    def one(self) -> torch.Tensor:
        """A black picture."""
        return self.prepare(Image.new("RGB", (64, 64)))[None]

    def read(self, inputs: torch.Tensor, device: torch.device, dtype: torch.dtype) -> tuple[torch.Tensor, np.ndarray]:
        """Normalised pixels ``(B, 3, H, W)``; none of them is too long."""
        pixels = self.transform.normalise(inputs.to(device, non_blocking=True)).to(dtype)
        return pixels, np.zeros(len(inputs), bool)


class TextReader:
    """Texts by a tokenizer.

    Args:
        tokenize: Makes tensors ``(B, T)`` by name of texts, and says which texts were cut ``(B,)`` bool.
        n_tokens: Most tokens that are read of a text; infinity where all are.
    """

    task = "feature-extraction"
    modality = TEXT
    backend = ""

    def __init__(self, tokenize: Tokenize, n_tokens: float) -> None:
        self.tokenize = tokenize
        self.input_size = f"{n_tokens} tokens" if math.isfinite(n_tokens) else "tokens without limit"
        known = blake2b(digest_size=8)
        for text in PROBES:
            ids = tokenize([text])[0]
            known.update(repr({key: ids[key].tolist() for key in sorted(ids)}).encode())
        self.digest = known.hexdigest()

    def check(self, inputs: Any, name: str) -> None:
        """Refuse what is not a sequence of texts.

        Raises:
            UsageError: It is something else.
        """
        check_texts(name, inputs)

    def prepare(self, item: str) -> str:
        """The text itself: it is cut when it is read."""
        return item

    def one(self) -> list[str]:
        """A text without words."""
        return [""]

    def read(self, inputs: Sequence[str], device: torch.device, dtype: torch.dtype) -> tuple[Any, np.ndarray]:
        """Tokens on the device, and which texts were cut."""
        tokens, cut = self.tokenize([str(text) for text in inputs])
        return {key: ids.to(device) for key, ids in tokens.items()}, cut
