"""What identifies a target beside its name: the weights that it answers with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

import torch

from failscape.targets.base import Target, TorchTarget


def weights_fingerprint(target: Target) -> str:
    """``float32:9f86d081...``: the type of a module's weights, and letters that change with any of them.

    The type is part of it because weights that were converted are others, and answer otherwise. Empty where a target
    shows no module, such as an endpoint: then nothing is known of its weights.
    """
    if not isinstance(target, TorchTarget):
        return ""
    state = target.module.state_dict()
    with ThreadPoolExecutor() as pool:  # hashing lets go of the interpreter
        parts = list(pool.map(_digest, state.values()))
    known = blake2b(digest_size=8)
    for name, part in zip(state, parts, strict=True):
        known.update(name.encode() + b"\0" + part)
    kinds = {str(tensor.dtype) for tensor in state.values() if _is_weight(tensor)}
    return f"{'+'.join(sorted(kind.removeprefix('torch.') for kind in kinds))}:{known.hexdigest()}"


def _is_weight(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _digest(value: Any) -> bytes:
    """16 bytes; modules may keep things beside tensors in their state."""
    if not isinstance(value, torch.Tensor):
        return blake2b(repr(value).encode(), digest_size=16).digest()
    known = blake2b(str(tuple(value.shape)).encode(), digest_size=16)
    known.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return known.digest()
