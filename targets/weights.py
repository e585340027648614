"""Weights from a file or from a seed, and the class names that go with them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from failscape.common.safe_open import read_small, regular
from failscape.errors import UsageError, did_you_mean
from failscape.targets.base import TorchTarget

UNSAFE = "is damaged or holds more than tensors, which could run code; save it as .safetensors"
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
State = Mapping[str, torch.Tensor]
AnyTorch = TypeVar("AnyTorch", bound=TorchTarget)
Build = Callable[[int], nn.Module]  # number of classes -> module


def is_file_name(weights: str) -> bool:
    """Whether ``weights`` means a file, where it is no name of published weights: those come first."""
    return weights.endswith(SUFFIXES) or Path(weights).is_file()


def seeded(build: Build, n_classes: int, seed: int = 0) -> nn.Module:
    """A randomly initialised module, the same at every call; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(n_classes)


def from_file(
    build: Build, path: str, known_classes: int = 1000, ignored: tuple[str, ...] = ()
) -> tuple[nn.Module, int]:
    """A module with the weights of a file, and its number of classes, which is read from them.

    Args:
        build: Makes the module for a number of classes.
        path: The file.
        known_classes: Any number that ``build`` accepts.
        ignored: Beginnings of the keys that only training needs.

    Raises:
        UsageError: For a missing, unsafe or damaged file, and for weights of another architecture.
    """
    state = {key: value for key, value in read_state(path).items() if not key.startswith(ignored)}
    with torch.device("meta"):
        blank = build(known_classes)
    # The last parameter with one row per class belongs to the last layer; auxiliary heads come before it.
    head = [name for name, parameter in blank.named_parameters() if parameter.shape[:1] == (known_classes,)][-1:]
    n_classes = len(state[head[0]]) if head and head[0] in state and state[head[0]].ndim else known_classes
    module = build(n_classes)
    try:
        fill(module, state)
    except ValueError as error:
        raise UsageError(f"{path} {error}") from None
    return module, n_classes


def read_state(path: str) -> dict[str, torch.Tensor]:
    """The tensors of a ``.safetensors`` or PyTorch file on the CPU; nothing in the file is executed.

    Training checkpoints are unwrapped (``state_dict``, ``model``), as is a ``module.`` before every key.

    Raises:
        UsageError: For a missing, unsafe or damaged file.
    """
    file = Path(path)
    if not file.exists():
        siblings = [other.name for other in file.parent.glob("*") if other.suffix in SUFFIXES]
        raise UsageError(f"no weights file {path}{did_you_mean(file.name, siblings)}")
    regular(file)
    try:
        safe = file.suffix == ".safetensors"
        state = load_file(file) if safe else torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UsageError(f"{path} {UNSAFE}") from None
    except (SafetensorError, RuntimeError, EOFError, OSError) as error:
        raise UsageError(f"{path} cannot be read as weights: {first_line(error)}") from None
    for wrapper in ("state_dict", "model"):
        state = state[wrapper] if isinstance(state, dict) and isinstance(state.get(wrapper), dict) else state
    if not isinstance(state, dict) or not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UsageError(f"{path} holds no table of named tensors; save module.state_dict()")
    parallel = all(key.startswith("module.") for key in state)
    return {key.removeprefix("module.") if parallel else key: value for key, value in state.items()}


def read_names(path: str) -> tuple[str, ...]:
    """Class names from a text file, one per line, in the order of the scores."""
    try:
        return tuple(line.strip() for line in read_small(Path(path)).splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UsageError(f"class names {path} cannot be read: {reason}") from None


def class_names(n_classes: int, published: Sequence[str]) -> tuple[str, ...]:
    """The published names where there are as many of them as classes, else numbers from 0."""
    return tuple(published) if len(published) == n_classes else tuple(map(str, range(n_classes)))


def first_line(error: Exception) -> str:
    """What an error says, without its details."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def twin_with(target: AnyTorch, weights: State) -> AnyTorch:
    """A second target that differs in its module's weights, and has been asked nothing yet.

    Raises:
        ValueError: They are another architecture's; its text goes on from their name.
    """
    twin = copy.copy(target)
    twin.module = copy.deepcopy(target.module)
    fill(twin.module, weights)
    twin.n_queries = 0
    return twin


def fill(module: nn.Module, state: State) -> None:
    """Set a module's weights.

    Raises:
        ValueError: They are another architecture's; its text goes on from their name.
    """
    own = module.state_dict()
    # Files name tied weights once, and old ones have no batch counters, which a frozen module does not use.
    given = {_place(own[key]) for key in state if key in own}
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    missing = [key for key in missing if _place(own[key]) not in given]
    shaped = [key for key in own if key in state and own[key].shape != state[key].shape]
    problems = {"missing": missing, "unknown": [key for key in state if key not in own], "of another shape": shaped}
    found = [f"{len(keys)} {what} ({_some(keys)})" for what, keys in problems.items() if keys]
    if found:
        raise ValueError(f"does not fit {type(module).__name__}: keys {', '.join(found)}")
    module.load_state_dict(state, strict=False)


def _place(tensor: torch.Tensor) -> tuple[int, torch.Size]:
    return tensor.data_ptr(), tensor.shape


def _some(keys: Sequence[str], shown: int = 3) -> str:
    return ", ".join(keys[:shown]) + (", ..." if len(keys) > shown else "")
