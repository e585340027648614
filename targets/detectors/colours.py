"""The colour of an object by a CLIP: which of some colours fits a crop best.

Shapes: ``N`` crops, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from failscape.errors import UsageError
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.zero_shot import best_values
from failscape.targets.registry import load_target, with_option, without_option

# What GenEval's classifier of colours is asked; the vector of a colour is the mean of the three.
TEMPLATES = ("a photo of a {colour} {name}", "a photo of a {colour}-colored {name}", "a photo of a {colour} object")


class ColourReader:
    """Names the colours of crops, each crop as one of its class.

    GenEval uses OpenAI's CLIP ViT-L/14. A reader is blind to a second colour of the object, and without a mask it sees
    what stands behind the object, too.

    Args:
        pictures: an encoder of pictures.
        texts: the encoder of texts into the same space.
        colours: names; of equally fitting ones the first is taken.

    Raises:
        UsageError: they are no such encoders.
    """

    def __init__(self, pictures: Encoder, texts: Encoder, colours: Sequence[str]) -> None:
        for encoder, task in ((pictures, "image-feature-extraction"), (texts, "feature-extraction")):
            if encoder.task != task:
                raise UsageError(f"{encoder.name} is no encoder of {'pictures' if 'image' in task else 'texts'}")
        self.pictures, self.texts, self.colours = pictures, texts, tuple(colours)
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, crops: Sequence[Image.Image], names: Sequence[str]) -> list[str]:
        """The colour of each of ``N`` crops, of whose classes ``names`` are the names.

        Raises:
            UsageError: a text is too long for the encoder, or the vectors of the two are of different lengths.
        """
        if not crops:
            return []
        pixels = torch.stack([self.pictures.prepare(crop) for crop in crops]).to(self.pictures.device)
        vectors = self.pictures(pixels).features.cpu().numpy()
        best = np.empty(len(crops), np.int64)
        for name in dict.fromkeys(names):
            rows = np.array([row for row, other in enumerate(names) if other == name])
            texts = self._vectors(name)
            if texts.shape[1] != vectors.shape[1]:
                raise UsageError(f"{self.pictures.name} and {self.texts.name} give vectors of different lengths")
            values = [value for value in range(len(self.colours)) for _ in TEMPLATES]
            best[rows] = best_values(vectors[rows], texts, values)
        return [self.colours[value] for value in best]

    def _vectors(self, name: str) -> np.ndarray:
        """Of the texts about a class, (3 x colours, F), a colour after the other."""
        if name not in self._known:
            texts = [text.format(colour=colour, name=name) for colour in self.colours for text in TEMPLATES]
            outputs = self.texts([self.texts.prepare(text) for text in texts])
            if outputs.truncated().any():
                raise UsageError(f"{self.texts.name} cannot read a text as long as '{texts[1]}'; take another encoder")
            self._known[name] = outputs.features.cpu().numpy()
        return self._known[name]


def load_colour_reader(uri: str, colours: Sequence[str], device: str = "auto") -> ColourReader:
    """The reader that a CLIP makes.

    Args:
        uri: of its tower of pictures, such as ``hf:openai/clip-vit-large-patch14``.
        colours: names.
        device: where it runs.

    Raises:
        UsageError: it cannot be loaded, or has no tower of texts.
    """
    texts = with_option(without_option(uri, "backend"), "tower", "text")
    return ColourReader(load_target(uri, device), load_target(texts, device), colours)
