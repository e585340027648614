"""CLIP, SigLIP and DINOv2 in a folder in Hugging Face format."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import AutoImageProcessor

from failscape.errors import UsageError
from failscape.targets import pretrained
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.encoders.choice import choose, one_of
from failscape.targets.encoders.encoder import DTYPES, TowerEncoder
from failscape.targets.encoders.huggingface_towers import ARCHITECTURES
from failscape.targets.encoders.readers import PictureReader, Reader, TextReader
from failscape.targets.encoders.towers import IMAGE, TEXT

KIND = "an encoder"
BACKENDS = ("torchvision", "pil")
ACTIVATIONS = ("quick_gelu", "gelu", "gelu_pytorch_tanh")


def load(
    folder: Path,
    uri: str,
    device: str = "auto",
    *,
    tower: str = "",
    layer: str = "",
    token: str = "",
    projection: str = "",
    backend: str = "",
    activation: str = "",
    dtype: str = "float32",
) -> TowerEncoder:
    """The encoder in a folder with ``config.json``, weights, and an image processor's or a tokenizer's files.

    Args:
        folder: Of an architecture in :data:`failscape.targets.encoders.huggingface_towers.ARCHITECTURES`.
        uri: How messages call it.
        device: Where it runs.
        tower: ``image`` (the default where there are two) or ``text``.
        layer: The block after which states are read, from 1, or from -1 at the end; without it, after the final norm.
        token: ``pooled``, ``cls``, ``patches`` or ``mean``.
        projection: ``yes`` or ``no``: whether the pooled vector is projected; yes where it can be.
        backend: What resizes pictures: ``torchvision``, transformers' own default, or ``pil``.
        activation: Of the blocks, where it should be another than the folder says: ``quick_gelu``, ``gelu``.
        dtype: In which the weights are held and the module computes: ``float32``, ``float16`` or ``bfloat16``.

    Raises:
        UsageError: It cannot be loaded, or has no such tower, layer, token or projection.
    """
    (architecture,) = [name for name in pretrained.config(folder, uri)["architectures"] if name in ARCHITECTURES][:1]
    towers = ARCHITECTURES[architecture]
    modality = one_of(uri, "tower", tower, tuple(towers)) if tower else next(iter(towers))
    one_of(uri, "dtype", dtype, tuple(DTYPES))
    if backend and modality == TEXT:
        raise UsageError(f"{uri}: backend is an option of pictures, and this is a tower of texts; leave it out")
    made: Any = towers[modality](_model(folder, uri, architecture, activation))
    choice = choose(uri, made, layer, token, projection)
    reader = READERS[modality](folder, uri, made, one_of(uri, "backend", backend or BACKENDS[0], BACKENDS))
    return TowerEncoder(
        made,
        reader,
        choice,
        library="transformers",
        architecture=type(made.model).__name__,  # the tower's: it decides the vectors, whatever it was saved with
        name=uri,
        device=device,
        dtype=dtype,
    )


def _model(folder: Path, uri: str, architecture: str, activation: str) -> Any:
    model_class = getattr(transformers, architecture)
    config = pretrained.load(model_class.config_class, folder, uri, KIND)
    if activation:
        one_of(uri, "activation", activation, ACTIVATIONS)
        for part in [getattr(config, name) for name in config.sub_configs] or [config]:
            part.hidden_act = activation
    return pretrained.module(model_class, folder, uri, KIND, "all weights of its encoder", config=config)


def _pictures(folder: Path, uri: str, tower: Any, backend: str) -> Reader:
    processor = pretrained.load(AutoImageProcessor, folder, uri, KIND, backend=backend)
    return PictureReader(Preprocess.from_hf(processor), backend)


def _texts(folder: Path, uri: str, tower: Any, backend: str) -> Reader:
    tokenizer = pretrained.tokenizer(folder, uri, KIND, tower.model)
    limit = pretrained.max_input(tower.model, tokenizer, None)
    return TextReader(partial(_tokens, tokenizer, limit, "longest" if tower.pad_to_longest else "max_length"), limit)


READERS = {IMAGE: _pictures, TEXT: _texts}


def _tokens(tokenizer: Any, limit: int, padding: str, texts: list[str]) -> tuple[dict[str, torch.Tensor], np.ndarray]:
    whole = tokenizer(texts, verbose=False)["input_ids"]
    tokens = tokenizer(texts, padding=padding, truncation=True, max_length=limit, return_tensors="pt")
    return dict(tokens), np.array([len(ids) > limit for ids in whole])
