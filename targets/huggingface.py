"""``hf:ORG/NAME`` or ``hf:FOLDER``: image classifiers, summarizers and encoders in Hugging Face format."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers.models.auto import modeling_auto as auto

from failscape.common.safe_open import regular_below
from failscape.errors import UsageError, did_you_mean
from failscape.targets import pretrained
from failscape.targets.encoders.huggingface_towers import ARCHITECTURES as ENCODERS
from failscape.targets.hub import hub_folder, local_folder

if TYPE_CHECKING:
    from failscape.targets.classifiers.classifier import Classifier
    from failscape.targets.encoders.base import Encoder
    from failscape.targets.summarizers.summarizer import Summarizer

# What is in the folder -> the module whose ``load`` reads it.
KINDS = {
    "an image classifier": "failscape.targets.classifiers.huggingface",
    "a summarizer": "failscape.targets.summarizers.seq2seq",
    "a causal language model": "failscape.targets.summarizers.causal",
    "an encoder": "failscape.targets.encoders.huggingface",
    "a sentence encoder": "failscape.targets.encoders.sentences",
}
FILES = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "chat_template.*",
    "model.safetensors",
    "model-*-of-*.safetensors",
    "model.safetensors.index.json",
    # Of sentence encoders.
    "modules.json",
    "*sentence*.json",
    "*/config.json",
    "*/model.safetensors",
)


def load(name: str, device: str = "auto", *, revision: str = "", **options: str) -> Classifier | Summarizer | Encoder:
    """What a local folder, the local cache or the hub holds; its code is never executed.

    Args:
        name: A folder with ``config.json``, weights and what prepares an input (``preprocessor_config.json``, a
            tokenizer's files), or ``ORG/NAME`` on the hub. Pickled weights (``.bin``) load from a folder only, and
            only where they are nothing but tensors.
        device: Where it runs.
        revision: Branch, tag or commit on the hub.
        options: Those of the kind found in it: see ``load`` of :mod:`failscape.targets.summarizers.seq2seq`,
            :mod:`failscape.targets.summarizers.causal` and :mod:`failscape.targets.encoders.huggingface`; image
            classifiers and sentence encoders have none.

    Raises:
        UsageError: Where it cannot be had, is neither, has no such option, or its last layer was never trained.
    """
    uri = f"hf:{name}"
    return load_folder(folder_of(name, uri, revision), uri, device, options, ("revision",))


def load_folder(
    folder: Path, uri: str, device: str, options: Mapping[str, str], others: Sequence[str] = ()
) -> Classifier | Summarizer | Encoder:
    """What is in a folder in Hugging Face format, by the architecture that its ``config.json`` names.

    Raises:
        UsageError: It is no classifier, summarizer or encoder, or has no such option; ``others`` are known, too.
    """
    regular_below(folder)
    kind = _kind(folder, pretrained.config(folder, uri), uri)
    load_kind: Callable[..., Any] = import_module(KINDS[kind]).load
    known = [p.name for p in inspect.signature(load_kind).parameters.values() if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in known:
            raise UsageError(f"{uri} is {kind}, with no option '{option}'{did_you_mean(option, [*known, *others])}")
    return load_kind(folder, uri, device, **options)


def _kind(folder: Path, config: Mapping[str, Any], uri: str) -> str:
    names = config.get("architectures") or [""]
    if (folder / "modules.json").is_file():
        return "a sentence encoder"
    if _any_of(ENCODERS, names):
        return "an encoder"
    if any(_is_base(name) for name in names):  # which task it is for is not said
        return "a summarizer" if config.get("is_encoder_decoder") else "an image classifier"
    if config.get("is_encoder_decoder") and _any_of(auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES.values(), names):
        return "a summarizer"
    if _any_of(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values(), names):
        return "a causal language model"
    if any("ImageClassification" in name for name in names):
        return "an image classifier"
    raise UsageError(f"{uri} is a {names[0]}, which is neither an image classifier nor a summarizer nor an encoder")


def _any_of(known: Iterable[str], names: Sequence[str]) -> bool:
    return not set(names).isdisjoint(known)


def _is_base(name: str) -> bool:
    return not name or (name.endswith("Model") and not name.endswith("LMHeadModel"))


def folder_of(name: str, uri: str, revision: str = "") -> Path:
    """The folder in Hugging Face format behind ``name``: a local one, else one of the hub.

    Raises:
        UsageError: There is none, or it is not in this format.
    """
    return local_folder(name, "config.json", "Hugging Face format") or hub_folder(
        name, uri, FILES, "folder: --target hf:path/to/folder", revision or None
    )
