"""What targets answer: a column per quantity, a row per sample, features among them.

Shapes: ``B`` batch, ``C`` classes, ``F`` features, ``T`` tokens.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image

from failscape.common import arrays

AnyOutputs = TypeVar("AnyOutputs", bound="Outputs")
Keep = Callable[[bytes, str], str]  # keeps a file of such a suffix; its reference, "" where it is not kept


def keep_nothing(content: bytes, suffix: str) -> str:
    """Keeps no file."""
    return ""


class Outputs:
    """One forward's results. A subclass is a dataclass whose fields are tensors or arrays with a row per sample."""

    features: torch.Tensor  # (B, F) float32, what the target itself makes of its input; on its device

    def to(self: AnyOutputs, device: str | torch.device) -> AnyOutputs:
        """The same, with tensors on another device."""
        return type(self)(*(arrays.to(column, device) for column in self._columns()))

    @classmethod
    def joined(cls: type[AnyOutputs], parts: Sequence[AnyOutputs]) -> AnyOutputs:
        """The rows of several outputs, one after the other; there is at least one."""
        return cls(*(arrays.joined(columns) for columns in zip(*(part._columns() for part in parts), strict=True)))

    def rows(self: AnyOutputs, rows: np.ndarray) -> AnyOutputs:
        """Some of the rows ``(M,)``, copied, in their order."""
        return type(self)(*(arrays.take(column, rows) for column in self._columns()))

    def output_text(self, keep: Keep = keep_nothing) -> np.ndarray:
        """What was put out as the records hold it, ``(B,)`` object of str.

        A text that was written; of a picture, where it is kept; else ``""``.

        Args:
            keep: takes files that are no texts.
        """
        return np.full(len(self.features), "", object)

    def truncated(self) -> np.ndarray:
        """Whether the input was too long, and its end was not read: ``(B,)`` bool."""
        return np.zeros(len(self.features), bool)

    def _columns(self) -> list[Any]:
        subclass: Any = self  # which is a dataclass
        return [getattr(self, field.name) for field in fields(subclass)]


@dataclass(frozen=True, eq=False)
class ClassifierOutputs(Outputs):
    """What a classifier makes of a batch."""

    logits: torch.Tensor  # (B, C) float32
    features: torch.Tensor  # (B, F) float32, the input of the last layer


@dataclass(frozen=True, eq=False)
class SummarizerOutputs(Outputs):
    """What a summarizer makes of a batch of articles."""

    texts: np.ndarray  # (B,) object of str
    features: torch.Tensor  # (B, F) float32, the mean of the last hidden states of what was read
    input_truncated: np.ndarray  # (B,) bool: the article did not fit, and its end was not read

    def output_text(self, keep: Keep = keep_nothing) -> np.ndarray:
        """The summaries."""
        return self.texts

    def truncated(self) -> np.ndarray:
        """Which articles did not fit."""
        return self.input_truncated


@dataclass(frozen=True, eq=False)
class EncoderOutputs(Outputs):
    """What an encoder makes of a batch of pictures or texts."""

    embeddings: torch.Tensor  # (B, F) float32 unit vectors, or (B, T, F) float32 tokens as the encoder gives them
    features: torch.Tensor  # (B, F) float32 unit vectors: the embeddings, or the mean of the tokens
    input_truncated: np.ndarray  # (B,) bool: the text did not fit, and its end was not read

    @classmethod
    def of(cls, vectors: torch.Tensor, input_truncated: np.ndarray) -> EncoderOutputs:
        """From vectors ``(B, F)`` or tokens ``(B, T, F)`` of any length and floating-point type."""
        vectors = vectors.float()
        single = vectors if vectors.ndim == 2 else vectors.mean(dim=1)
        features = torch.nn.functional.normalize(single, dim=1)
        return cls(features if vectors.ndim == 2 else vectors, features, input_truncated)

    def truncated(self) -> np.ndarray:
        """Which texts did not fit."""
        return self.input_truncated


@dataclass(frozen=True, eq=False)
class PairOutputs(Outputs):
    """What two encoders make of a batch: unit vectors of both."""

    target: torch.Tensor  # (B, F) float32
    reference: torch.Tensor  # (B, G) float32
    features: torch.Tensor  # (B, F) float32, the target's


@dataclass(frozen=True, eq=False)
class PictureOutputs(Outputs):
    """What a target draws for a batch of prompts."""

    pictures: torch.Tensor  # (B, 3, H, W) uint8, on the host
    features: torch.Tensor  # (B, F) float32, of the prompts
    input_truncated: np.ndarray  # (B,) bool: the prompt did not fit, and its end was not read
    withheld: np.ndarray  # (B,) bool: a safety checker put a black picture in the place of what was drawn

    def output_text(self, keep: Keep = keep_nothing) -> np.ndarray:
        """References of the pictures, as PNG; none of those that were withheld."""
        if keep is keep_nothing:
            return super().output_text()
        kept = [
            "" if hidden else keep(png(pixels), ".png")
            for pixels, hidden in zip(self.pictures, self.withheld.tolist(), strict=True)
        ]
        return np.array([*kept, ""], object)[:-1]

    def truncated(self) -> np.ndarray:
        """Which prompts did not fit."""
        return self.input_truncated


@dataclass(frozen=True, eq=False)
class PanelOutputs(Outputs):
    """What a target draws for a batch of prompts, several pictures of each."""

    pictures: torch.Tensor  # (B, M, 3, H, W) uint8, on the host
    features: torch.Tensor  # (B, F) float32, of the prompts
    input_truncated: np.ndarray  # (B,) bool: the prompt did not fit, and its end was not read
    withheld: np.ndarray  # (B, M) bool: a safety checker put a black picture in the place of what was drawn

    def output_text(self, keep: Keep = keep_nothing) -> np.ndarray:
        """References of the pictures of each prompt side by side, as PNG; none where all were withheld."""
        if keep is keep_nothing:
            return super().output_text()
        rows = zip(self.pictures, self.withheld.all(axis=1).tolist(), strict=True)
        kept = ["" if hidden else keep(png(torch.cat(tuple(row), dim=2)), ".png") for row, hidden in rows]
        return np.array([*kept, ""], object)[:-1]

    def truncated(self) -> np.ndarray:
        """Which prompts did not fit."""
        return self.input_truncated


def png(pixels: torch.Tensor) -> bytes:
    """A picture (3, H, W) uint8 as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy()).save(file, "PNG")
    return file.getvalue()
