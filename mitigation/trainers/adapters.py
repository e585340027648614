"""LoRA beside the networks of a Stable Diffusion pipeline, and the files in which diffusers keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from failscape.errors import UsageError

UNET, TEXT_ENCODER = "unet", "text_encoder"
LAYERS = {UNET: ["to_k", "to_q", "to_v", "to_out.0"], TEXT_ENCODER: ["q_proj", "k_proj", "v_proj", "out_proj"]}
OLD_NAME = "text_model."  # before the layers of a text encoder, in the files of transformers before 5.6
Layers = dict[str, dict[str, torch.Tensor]]  # of adapters, by network


@contextmanager
def adapters(name: str, pipeline: Any, parts: Sequence[str], rank: int, seed: int) -> Iterator[nn.ParameterDict]:
    """The weights of new adapters, which say nothing at first; on leaving, the networks are as they were.

    They are in full precision, whatever the networks are in: what one step adds would be lost in 16 bits. Their scale
    is 1 (``lora_alpha`` as large as the rank), because files of adapters do not say it.

    Args:
        name: of the target.
        pipeline: of diffusers.
        parts: networks that get adapters.
        rank: of the updates.
        seed: of what they begin with.

    Raises:
        UsageError: a network has no attention layers of the usual names.
    """
    from diffusers.training_utils import cast_training_params
    from peft import LoraConfig

    networks = {part: pipeline.components[part] for part in parts}
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for part, network in networks.items():
                try:
                    network.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=LAYERS[part]))
                except ValueError:
                    raise UsageError(
                        f"the {part} of {name}, a {type(network).__name__}, has no attention layers for LoRA "
                        f"({', '.join(LAYERS[part])})"
                    ) from None
        cast_training_params(list(networks.values()), dtype=torch.float32)
        yield nn.ParameterDict(
            {
                f"{part}/{key.replace('.', '/')}": weight
                for part, network in networks.items()
                for key, weight in network.named_parameters()
                if weight.requires_grad
            }
        )
    finally:
        pipeline.unload_lora_weights()


def layers_of(pipeline: Any, parts: Sequence[str]) -> Layers:
    """The adapters of a pipeline by network, on the CPU, under the names that diffusers and others read."""
    from diffusers.utils.state_dict_utils import convert_state_dict_to_diffusers
    from peft import get_peft_model_state_dict

    found: Layers = {}
    for part in parts:
        state = convert_state_dict_to_diffusers(get_peft_model_state_dict(pipeline.components[part]))
        prefix = OLD_NAME if part == TEXT_ENCODER else ""
        found[part] = {
            f"{prefix}{key.removeprefix(prefix)}": weight.detach().cpu().clone().contiguous()
            for key, weight in state.items()
        }
    return found


def merged(module: nn.Module) -> dict[str, torch.Tensor]:
    """Weights of a module as they are with its adapters merged, on the CPU, under the names that it has without them.

    The module stays as it is: merging and taking apart again would change last bits.
    """
    from peft.tuners.lora import LoraLayer

    weights = {
        key.replace(".base_layer.", "."): weight.detach().cpu().clone()
        for key, weight in module.state_dict().items()
        if ".lora_" not in key
    }
    adapted: list[tuple[str, Any]] = [(name, m) for name, m in module.named_modules() if isinstance(m, LoraLayer)]
    for name, layer in adapted:
        weight = weights[f"{name}.weight"]
        (adapter,) = layer.active_adapters
        added = weight.float() + layer.get_delta_weight(adapter).detach().cpu().float()
        weights[f"{name}.weight"] = added.to(weight.dtype)
    return weights


def write_layers(pipeline: Any, layers: Mapping[str, Mapping[str, torch.Tensor]], folder: Path) -> None:
    """Write adapters as ``save_lora_weights`` does, so that ``load_lora_weights(folder)`` reads them anywhere."""
    pipeline.save_lora_weights(folder, **{f"{part}_lora_layers": dict(held) for part, held in layers.items()})
