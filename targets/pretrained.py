"""Models in a folder in Hugging Face format: quietly, in float32, never running what is in the folder."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer
from transformers.utils import logging

from failscape.common.safe_open import Irregular, read_small
from failscape.errors import UsageError
from failscape.targets.weights import UNSAFE, first_line

VOCABULARIES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "vocab.txt", "*.model")
UNLIMITED = 10**9  # a tokenizer without a limit says 10 ** 30
READ_AT_MOST = 512  # tokens, where neither the model nor its tokenizer says how many it can read


def load(auto_class: Any, folder: Path, uri: str, kind: str, **options: Any) -> Any:
    """What ``auto_class`` makes of a folder; ``kind`` (``an image classifier``) is what it should be.

    Raises:
        UsageError: It cannot be loaded.
    """
    try:
        with quiet():
            return auto_class.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **options)
    except pickle.UnpicklingError:
        raise UsageError(f"the weights file of {uri} {UNSAFE}") from None
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as error:
        raise UsageError(f"{uri} cannot be loaded as {kind}: {first_line(error)}") from error


def module(auto_class: Any, folder: Path, uri: str, kind: str, last: str, **options: Any) -> Any:
    """The model in float32; ``last`` (``a trained classifier``) is what a base model would lack.

    Raises:
        UsageError: It cannot be loaded, or some of its weights are not in the folder.
    """
    safe = any(folder.glob("*.safetensors"))
    if not safe and not any(folder.glob("pytorch_model*.bin")):
        raise UsageError(f"{uri} has no weights in .safetensors format ({folder}); save_pretrained writes them")
    loaded, report = load(
        auto_class,
        folder,
        uri,
        kind,
        dtype=torch.float32,
        use_safetensors=safe,
        weights_only=True,
        output_loading_info=True,
        **options,
    )
    if report["missing_keys"]:
        keys = ", ".join(sorted(report["missing_keys"])[:3])
        raise UsageError(f"{uri} is a base model without {last}: its weights lack {keys}")
    return loaded


def tokenizer(folder: Path, uri: str, kind: str, model: Any) -> Any:
    """The tokenizer of ``model``, with a token for padding: its own, else the one that ends a text.

    Raises:
        UsageError: It has no files, nothing to pad with, or more tokens than the model knows.
    """
    if not any(any(folder.glob(pattern)) for pattern in VOCABULARIES):
        raise UsageError(f"{uri} has no tokenizer files ({folder}); the tokenizer's save_pretrained writes them")
    loaded = load(AutoTokenizer, folder, uri, kind)
    if loaded.pad_token is None:
        if loaded.eos_token is None:
            raise UsageError(f"the tokenizer of {uri} has neither a padding nor an end token; set its pad_token")
        loaded.pad_token = loaded.eos_token
    known = model.get_input_embeddings().weight.shape[0]
    if len(loaded) > known:
        raise UsageError(f"the tokenizer of {uri} has {len(loaded)} tokens, of which its model knows {known}")
    return loaded


def max_input(model: Any, tokenizer: Any, asked: int | None, reserved: int = 0) -> int:
    """Tokens that a model reads of a prompt: as many as asked for, else as it can.

    Args:
        model: Its config says how many positions it has, if it counts them.
        tokenizer: Says what the model was trained with.
        asked: By the user.
        reserved: Positions that are needed for writing.

    Raises:
        UsageError: More are asked for than it has positions.
    """
    names = ("max_encoder_position_embeddings", "max_position_embeddings")
    positions = next((n - reserved for n in (getattr(model.config, name, None) for name in names) if n), None)
    if positions is not None and positions < (asked or 1):
        raise UsageError(f"max_input={asked} is more than the model can read: {positions}")
    trained = tokenizer.model_max_length if tokenizer.model_max_length < UNLIMITED else None
    return asked or min((n for n in (positions, trained) if n), default=READ_AT_MOST)


def config(folder: Path, uri: str) -> dict[str, Any]:
    """What stands in ``config.json``.

    Raises:
        UsageError: It is damaged.
    """
    try:
        found = json.loads(read_small(folder / "config.json"))
    except Irregular:
        raise
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"{uri} cannot be loaded as an image classifier, summarizer or encoder: its config.json is damaged"
        )
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' bars and reports: what matters in them is checked, and said in one line."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
