"""What names an attribute of a picture: a judge of factors, or a CLIP by the words for each value.

Shapes: ``B`` pictures, ``K`` values, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch

from failscape.errors import UsageError, did_you_mean
from failscape.rewards.pictures.clip import picture
from failscape.targets.classifiers.factor_judge import FactorJudge
from failscape.targets.encoders.encoder import TowerEncoder

ABSTAINS = -1


class AttributeReader(Protocol):
    """Names one attribute of pictures. It is a measuring instrument, and errs."""

    name: str
    attribute: str
    values: tuple[str, ...]
    blind_to: str  # what it does not see, in a few words

    def __call__(self, pictures: torch.Tensor) -> np.ndarray:
        """Indices of values ``(B,)`` int64 of pictures ``(B, 3, H, W)`` uint8; -1 where it abstains."""
        ...


class FactorReader:
    """A factor, as a judge reads it.

    Args:
        judge: reads factors.
        factor: one of them.

    Raises:
        UsageError: the judge does not read it.
    """

    blind_to = "pictures in which nothing shows the factor: it abstains, or guesses"

    def __init__(self, judge: FactorJudge, factor: str) -> None:
        if factor not in judge.factors:
            raise UsageError(f"{judge.name} reads no factor {factor!r}{did_you_mean(factor, judge.factors)}")
        self.judge, self.attribute, self.name = judge, factor, judge.name
        self.values = tuple(judge.factors[factor])
        self._place = list(judge.factors).index(factor)

    def __call__(self, pictures: torch.Tensor) -> np.ndarray:
        """Values of pictures; where the judge is not certain it abstains."""
        return self.judge(pictures).values[:, self._place]


class ZeroShotReader:
    """The value whose words are most similar to the picture, by a CLIP; it never abstains.

    Args:
        pictures: the tower of pictures.
        texts: the tower of texts.
        attribute: its name.
        words: of each value, words that describe a picture which shows it.
    """

    blind_to = "whatever the CLIP does not tell apart; it always decides"

    def __init__(self, pictures: TowerEncoder, texts: TowerEncoder, attribute: str, words: Mapping[str, str]) -> None:
        self.pictures, self.attribute, self.values, self.name = pictures, attribute, tuple(words), pictures.name
        self._said = texts(list(words.values())).features.cpu()  # (K, F)

    def __call__(self, pictures: torch.Tensor) -> np.ndarray:
        """Values of pictures."""
        inputs = torch.stack([self.pictures.prepare(picture(pixels)) for pixels in pictures])
        return (self.pictures(inputs).features.cpu() @ self._said.T).argmax(dim=1).numpy()
