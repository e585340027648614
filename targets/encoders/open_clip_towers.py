"""The towers of open_clip's models.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from failscape.errors import require
from failscape.targets.encoders.towers import IMAGE, TEXT, States, Tower


class Pooled(Tower):
    """A tower of which only the pooled vector can be read: a ResNet, or a model of timm or transformers."""

    tokens: tuple[str, ...] = ("pooled",)

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def pool(self, inputs: Any) -> torch.Tensor:
        """The vector ``(B, F)`` in the space of both towers."""
        pooled: torch.Tensor = self.model(inputs)
        return pooled


class PooledText(Pooled):
    """The same of texts."""

    def pool(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The vector ``(B, F)`` in the space of both towers."""
        return super().pool(inputs["input_ids"])


class Vision(Pooled):
    """A vision transformer; its pictures have a class token, whatever is pooled."""

    tokens = ("pooled", "cls", "patches", "mean")
    inner_tokens = ("cls", "patches", "mean")

    def __init__(self, model: Any, activation: str) -> None:
        super().__init__(model)
        self.model.output_tokens = False  # CoCa gives both
        self.n_layers, self.has_projection = len(model.transformer.resblocks), model.proj is not None
        self.activation = activation

    def states(self, inputs: torch.Tensor, layer: int | None) -> States:
        """States of the patches and of the class token."""
        found = self.model.forward_intermediates(
            inputs,
            indices=[(layer or self.n_layers) - 1],
            normalize_intermediates=layer is None,
            intermediates_only=True,
            output_fmt="NLC",
            output_extra_tokens=True,
        )
        return States(found["image_intermediates"][0], found["image_intermediates_prefix"][0][:, 0])

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""
        self.model.proj = None


class Text(PooledText):
    """A text transformer, whose pooled vector is the state of one token."""

    tokens = ("pooled", "mean")
    inner_tokens = ("pooled", "mean")

    def __init__(self, model: Any, activation: str) -> None:
        super().__init__(model)
        self.model.output_tokens = False
        self.n_layers, self.has_projection = len(model.transformer.resblocks), model.text_projection is not None
        self.activation = activation

    def states(self, inputs: Mapping[str, torch.Tensor], layer: int | None) -> States:
        """States of the words and of the token that is pooled; what follows the end of a text is padding."""
        from open_clip.transformer import text_global_pool

        ids = inputs["input_ids"]
        found = self.model.forward_intermediates(
            ids,
            indices=[(layer or self.n_layers) - 1],
            normalize_intermediates=layer is None,
            intermediates_only=True,
            output_fmt="NLC",
            output_extra_tokens=True,
        )
        states = found["text_intermediates"][0]
        single = text_global_pool(states, ids, self.model.pool_type, eos_token_id=self.model.eos_id)
        # In CLIP's vocabulary the padding is a word as well: only what follows the last other token is padding.
        words = (ids != self.model.pad_id).flip(1).int().cummax(dim=1).values.flip(1).bool()
        return States(states, single, words)

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""
        self.model.text_projection = None


def _vision(model: Any, activation: str) -> Tower:
    transformer = require("open_clip.transformer", "open_clip").VisionTransformer
    return Vision(model.visual, activation) if isinstance(model.visual, transformer) else Pooled(model.visual)


def _text(model: Any, activation: str) -> Tower:
    transformer = require("open_clip.transformer", "open_clip").TextTransformer
    if isinstance(model.text, transformer) and model.text.cls_emb is None:
        return Text(model.text, activation)
    return PooledText(model.text)


TOWERS: dict[str, Callable[[Any, str], Tower]] = {IMAGE: _vision, TEXT: _text}
