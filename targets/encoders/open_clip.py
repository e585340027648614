"""``open_clip:NAME``: the encoders of OpenCLIP, with published weights, a file's, or random ones."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from failscape.common.safe_open import regular, regular_below
from failscape.errors import UsageError, did_you_mean, require
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.encoders.choice import choose, one_of
from failscape.targets.encoders.encoder import DTYPES, TowerEncoder
from failscape.targets.encoders.open_clip_towers import TOWERS
from failscape.targets.encoders.readers import PictureReader, Reader, TextReader
from failscape.targets.encoders.towers import IMAGE, TEXT
from failscape.targets.hub import hub_folder
from failscape.targets.weights import SUFFIXES, UNSAFE, first_line, is_file_name, seeded

ACTIVATIONS = {"quick_gelu": True, "gelu": False}
CONFIG = "open_clip_config.json"  # of a folder


def load(
    name: str,
    device: str = "auto",
    *,
    weights: str = "",
    tower: str = IMAGE,
    layer: str = "",
    token: str = "",
    projection: str = "",
    activation: str = "",
    dtype: str = "float32",
) -> TowerEncoder:
    """An encoder of open_clip.

    Args:
        name: As in ``open_clip.list_models()``, such as ``ViT-B-32``, or a folder with ``open_clip_config.json``.
        device: Where it runs.
        weights: A tag of published weights (from the local cache, else the hub), such as ``laion2b_s34b_b79k``, a
            ``.safetensors`` or ``.pt`` file, or ``none`` for a random initialisation that is the same at every call.
            Of a folder, its only weights file where omitted.
        tower: ``image`` or ``text``.
        layer: The block after which states are read, from 1, or from -1 at the end; without it, after the final norm.
        token: ``pooled``, ``cls``, ``patches`` or ``mean``.
        projection: ``yes`` or ``no``: whether the pooled vector is projected; yes where it can be.
        activation: Of the blocks: ``quick_gelu`` or ``gelu``; the architecture's own where omitted.
        dtype: In which the weights are held and the module computes: ``float32``, ``float16`` or ``bfloat16``.

    Raises:
        UsageError: Where open_clip is not installed, for an unknown name or option, weights that cannot be had or do
            not fit, or that were trained with the other activation.
    """
    library = require("open_clip", "open_clip")
    uri = f"open_clip:{name}"
    one_of(uri, "tower", tower, (IMAGE, TEXT))
    one_of(uri, "dtype", dtype, tuple(DTYPES))
    source = _source(library, uri, name)
    config = library.get_model_config(source)
    if activation:
        one_of(uri, "activation", activation, tuple(ACTIVATIONS))
        config["quick_gelu"] = ACTIVATIONS[activation]
    quick = bool(config.get("quick_gelu", False))
    tag = library.pretrained.get_pretrained_cfg(name, weights)
    _check_activation(uri, weights, tag, quick)
    file = _file(library, uri, name, weights, tag)
    model = _model(library, uri, source, quick, tag, file)
    made = TOWERS[tower](model, "quick_gelu" if quick else "gelu")
    choice = choose(uri, made, layer, token, projection)
    reader = READERS[tower](library, uri, source, model)
    architecture = Path(name).name  # a folder may be moved
    return TowerEncoder(
        made, reader, choice, library="open_clip", architecture=architecture, name=uri, device=device, dtype=dtype
    )


def _source(library: Any, uri: str, name: str) -> str:
    """What open_clip calls an architecture of its own, or a folder."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / CONFIG).is_file():
            raise UsageError(f"{uri}: the folder has no {CONFIG}; open_clip's push_to_hf_hub.save_for_hf writes it")
        regular_below(folder)
        return f"local-dir:{folder}"
    known = library.list_models()
    if name not in known:
        raise UsageError(f"open_clip has no model '{name}'{did_you_mean(name, known)}")
    return name


def _check_activation(uri: str, weights: str, tag: Mapping[str, Any], quick: bool) -> None:
    """Refuse published weights in an architecture that has another activation than they were trained with."""
    trained = bool(tag.get("quick_gelu", False))
    if tag and trained != quick:
        used, has = ("quick_gelu" if flag else "gelu" for flag in (trained, quick))
        raise UsageError(
            f"{uri}: the weights '{weights}' were trained with the activation {used}, and this architecture has {has}; "
            f"add activation={used}"
        )


def _file(library: Any, uri: str, name: str, weights: str, tag: Mapping[str, Any]) -> Path | None:
    """The file with the weights; None where they are random."""
    if weights == "none":
        return None
    if tag:
        return _published(uri, weights, tag)
    if not weights and Path(name).is_dir():
        files = [path for path in Path(name).iterdir() if path.suffix in SUFFIXES]
        if len(files) == 1:
            return files[0]
        raise UsageError(f"{uri} has {len(files)} weights files; name one: ?weights=FILE")
    if not weights or not is_file_name(weights):
        tags = library.list_pretrained_tags_by_model(name)
        given = f"no weights '{weights}'" if weights else "no weights of its own"
        raise UsageError(f"{uri} has {given}: write ?weights= with a file, none, or a tag{did_you_mean(weights, tags)}")
    if not Path(weights).exists():
        raise UsageError(f"{uri}: no weights file {weights}")
    return Path(weights)


def _published(uri: str, weights: str, tag: Mapping[str, Any]) -> Path:
    repo, _, file = str(tag.get("hf_hub", "")).rpartition("/")
    if not repo:
        raise UsageError(f"{uri}: the weights '{weights}' are not on the hub; download them and pass ?weights=FILE")
    file = file or "open_clip_model.safetensors"
    use = f"file: --target {uri}?weights=path/to/{file}"
    return hub_folder(repo, f"{uri}?weights={weights}", [file], use) / file


def _model(library: Any, uri: str, source: str, quick: bool, tag: Mapping[str, Any], file: Path | None) -> Any:
    build = partial(
        library.create_model,
        source,
        load_weights=False,
        pretrained_text=False,
        force_custom_text=True,  # two towers that are modules of their own, whatever the architecture
        force_preprocess_cfg={key: value for key, value in tag.items() if key != "size"},  # that of the architecture
        quick_gelu=quick,
    )
    try:
        with _quiet():
            model: Any = seeded(lambda n_classes: build(), 0)
            if file is not None:
                library.load_checkpoint(model, str(regular(file)))
    except pickle.UnpicklingError:
        raise UsageError(f"{file} {UNSAFE}") from None
    except (OSError, ValueError, RuntimeError, KeyError, EOFError, TypeError, SafetensorError) as error:
        of = f"{uri} with the weights {file}" if file else uri
        raise UsageError(f"{of} cannot be loaded: {_told(error)}") from error
    return model


def _told(error: Exception, most: int = 240) -> str:
    """What an error says in one line: which weights do not fit stands after the first."""
    said = " ".join(str(error).split())
    return said if len(said) <= most else f"{said[:most]} ..."


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the root logger's lines on random weights, and without the handler that they would leave there."""
    handler, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _pictures(library: Any, uri: str, source: str, model: Any) -> Reader:
    return PictureReader(Preprocess.from_open_clip(model.visual), "pil")


def _texts(library: Any, uri: str, source: str, model: Any) -> Reader:
    try:
        with _quiet():
            tokenizer = library.get_tokenizer(source)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(f"the tokenizer of {uri} cannot be loaded: {first_line(error)}") from error
    limit: int = tokenizer.context_length
    return TextReader(partial(_tokens, tokenizer, limit), limit)


READERS = {IMAGE: _pictures, TEXT: _texts}


def _tokens(tokenizer: Any, limit: int, texts: list[str]) -> tuple[dict[str, torch.Tensor], np.ndarray]:
    ids = tokenizer(texts)
    # Where there is room for one token more, the token that ends a text moves if the text had been cut.
    longer = tokenizer(texts, context_length=limit + 1)[:, :limit]
    return {"input_ids": ids}, (ids != longer).any(dim=1).numpy()
