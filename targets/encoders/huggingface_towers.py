"""The towers of transformers' encoders: CLIP, SigLIP and DINOv2, each a few lines on what the library gives.

Shapes: ``B`` batch, ``T`` tokens, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from failscape.targets.encoders.towers import IMAGE, TEXT, States, Tower


class ClipVision(Tower):
    """CLIP's pictures: the class token after the final norm, projected into the space of the texts."""

    tokens = ("pooled", "cls", "patches", "mean")
    inner_tokens = ("cls", "patches", "mean")

    def __init__(self, model: Any, projection: nn.Module | None) -> None:
        super().__init__()
        self.model, self.projection = model, projection or nn.Identity()
        self.n_layers, self.has_projection = model.config.num_hidden_layers, projection is not None
        self.activation = model.config.hidden_act

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """The projected class token ``(B, F)``."""
        projected: torch.Tensor = self.projection(self.model(inputs).pooler_output)
        return projected

    def states(self, inputs: torch.Tensor, layer: int | None) -> States:
        """The library's last hidden state lacks the final norm, which is applied here as to the class token."""
        if layer is None:
            return _class_token_first(self.model.post_layernorm(self.model(inputs).last_hidden_state))
        return _class_token_first(_hidden(self.model, layer, pixel_values=inputs))

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""
        self.projection = nn.Identity()


class ClipText(Tower):
    """CLIP's texts: the state of the token that ends the text, projected into the space of the pictures."""

    tokens = ("pooled", "mean")
    inner_tokens = ("pooled", "mean")
    pad_to_longest = True  # what follows the end is not seen from it

    def __init__(self, model: Any, projection: nn.Module | None) -> None:
        super().__init__()
        self.model, self.projection = model, projection or nn.Identity()
        self.n_layers, self.has_projection = model.config.num_hidden_layers, projection is not None
        self.activation = model.config.hidden_act

    def pool(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The projected state of the end ``(B, F)``."""
        projected: torch.Tensor = self.projection(self.model(**inputs).pooler_output)
        return projected

    def states(self, inputs: Mapping[str, torch.Tensor], layer: int | None) -> States:
        """States of the words, of the end among them."""
        found = self.model(**inputs).last_hidden_state if layer is None else _hidden(self.model, layer, **inputs)
        ids, end = inputs["input_ids"], self.model.config.eos_token_id
        # Old configs say 2, and the library then takes the highest id for the end.
        place = ids.argmax(dim=1) if end == 2 else (ids == end).int().argmax(dim=1)
        return States(found, found[torch.arange(len(found), device=found.device), place], _mask(inputs))

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""
        self.projection = nn.Identity()


class SiglipVision(Tower):
    """SigLIP's pictures: patches pooled by attention; there is no class token."""

    inner_tokens = ("mean", "patches")

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.tokens = ("pooled", "patches", "mean") if model.config.vision_use_head else ("mean", "patches")
        self.n_layers, self.activation = model.config.num_hidden_layers, model.config.hidden_act

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """What attention makes of the patches ``(B, F)``."""
        pooled: torch.Tensor = self.model(inputs).pooler_output
        return pooled

    def states(self, inputs: torch.Tensor, layer: int | None) -> States:
        """States of the patches."""
        if layer is None:
            return States(self.model(inputs).last_hidden_state)
        return States(_hidden(self.model, layer, pixel_values=inputs))


class SiglipText(Tower):
    """SigLIP's texts: the projected state of the last token, which mostly is padding."""

    tokens = ("pooled", "mean")
    inner_tokens = ("pooled", "mean")
    has_projection = True
    pad_to_longest = False

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.n_layers, self.activation = model.config.num_hidden_layers, model.config.hidden_act

    def pool(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The projected state of the last token ``(B, F)``."""
        pooled: torch.Tensor = self.model(**inputs).pooler_output
        return pooled

    def states(self, inputs: Mapping[str, torch.Tensor], layer: int | None) -> States:
        """States of the words, and of the padding where the tokenizer masks none."""
        found = self.model(**inputs).last_hidden_state if layer is None else _hidden(self.model, layer, **inputs)
        return States(found, found[:, -1], _mask(inputs))

    def drop_projection(self) -> None:
        """Make ``pool`` give the vector before the projection."""
        self.model.head = nn.Identity()


class Dinov2(Tower):
    """DINOv2's pictures: the class token after the final norm."""

    tokens = ("cls", "patches", "mean")
    inner_tokens = ("cls", "patches", "mean")

    def __init__(self, model: Any, n_registers: int = 0) -> None:
        super().__init__()
        self.model, self.n_registers = model, n_registers
        self.n_layers, self.activation = model.config.num_hidden_layers, model.config.hidden_act

    def states(self, inputs: torch.Tensor, layer: int | None) -> States:
        """States of the patches and of the class token; registers are left out."""
        if layer is None:
            return _class_token_first(self.model(inputs).last_hidden_state, self.n_registers)
        return _class_token_first(_hidden(self.model, layer, pixel_values=inputs), self.n_registers)


# Architecture in config.json -> what makes each of its towers, the default one first.
ARCHITECTURES: dict[str, dict[str, Callable[[Any], Tower]]] = {
    "CLIPModel": {
        IMAGE: lambda model: ClipVision(model.vision_model, model.visual_projection),
        TEXT: lambda model: ClipText(model.text_model, model.text_projection),
    },
    "CLIPVisionModel": {IMAGE: lambda model: ClipVision(model, None)},
    "CLIPVisionModelWithProjection": {IMAGE: lambda model: ClipVision(model.vision_model, model.visual_projection)},
    "CLIPTextModel": {TEXT: lambda model: ClipText(model, None)},
    "CLIPTextModelWithProjection": {TEXT: lambda model: ClipText(model.text_model, model.text_projection)},
    "SiglipModel": {
        IMAGE: lambda model: SiglipVision(model.vision_model),
        TEXT: lambda model: SiglipText(model.text_model),
    },
    "SiglipVisionModel": {IMAGE: SiglipVision},
    "SiglipTextModel": {TEXT: SiglipText},
    "Dinov2Model": {IMAGE: Dinov2},
    "Dinov2WithRegistersModel": {IMAGE: lambda model: Dinov2(model, model.config.num_register_tokens)},
}


def _hidden(model: Any, layer: int, **inputs: Any) -> torch.Tensor:
    states: torch.Tensor = model(**inputs, output_hidden_states=True).hidden_states[layer]
    return states


def _class_token_first(states: torch.Tensor, n_registers: int = 0) -> States:
    return States(states[:, 1 + n_registers :], states[:, 0])


def _mask(inputs: Mapping[str, torch.Tensor]) -> torch.Tensor | None:
    return inputs["attention_mask"].bool() if "attention_mask" in inputs else None
