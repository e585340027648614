"""``diffusers:ORG/NAME`` or ``diffusers:FOLDER``: text-to-image pipelines in the format of diffusers."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from failscape.common.safe_open import regular_below
from failscape.errors import UsageError, did_you_mean
from failscape.targets import pretrained
from failscape.targets.batching import resolve_device
from failscape.targets.diffusion.sampling import OFFLOAD, Sampling, sampling
from failscape.targets.diffusion.text_to_image import TextToImage, quiet
from failscape.targets.hub import hub_folder, local_folder
from failscape.targets.weights import UNSAFE, first_line

INDEX = "model_index.json"
FILES = (INDEX, "*/*.json", "*/*.txt", "*/*.model", "*/*.safetensors", "sampling_config.json")
TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def load(
    name: str, device: str = "auto", *, revision: str = "", dtype: str = "", lora: str = "", **options: str
) -> TextToImage:
    """What a local folder, the local cache or the hub holds; its code is never executed, pickled weights are not read.

    Args:
        name: A folder with ``model_index.json``, or ``ORG/NAME`` on the hub.
        device: Where it draws.
        revision: Branch, tag or commit on the hub.
        dtype: Of the weights: ``float32``, ``float16``, ``bfloat16``; float16 on CUDA where omitted, else float32.
        lora: File or folder of an adapter (``save_lora_weights``), which is merged into the weights.
        options: Those of :func:`failscape.targets.diffusion.sampling.sampling`.

    Raises:
        UsageError: Where it cannot be had, draws no pictures from texts, or has no such option.
    """
    uri = f"diffusers:{name}"
    folder = local_folder(name, INDEX, "the format of diffusers") or hub_folder(
        name, uri, FILES, "folder: --target diffusers:path/to/folder", revision or None
    )
    return load_folder(folder, uri, device, dtype=dtype, lora=lora, **options)


def load_folder(folder: Path, uri: str, device: str, *, dtype: str = "", lora: str = "", **options: str) -> TextToImage:
    """The pipeline in a folder; see :func:`load`."""
    regular_below(folder)
    how, place = sampling(uri, folder, options), resolve_device(device)
    if dtype and dtype not in TYPES:
        raise UsageError(f"{uri}: no type '{dtype}'{did_you_mean(dtype, TYPES)}")
    kind = TYPES[dtype] if dtype else torch.float16 if place.type == "cuda" else torch.float32
    pipeline = _pipeline(folder, uri, kind)
    if how.scheduler is not None:
        pipeline.scheduler = _scheduler(uri, how.scheduler, pipeline.scheduler)
    if lora:
        _merge(pipeline, uri, Path(lora))
    _save_memory(pipeline, uri, how)
    if how.offload == OFFLOAD[0]:
        pipeline.to(place)
    elif place.type == "cpu":
        raise UsageError(f"{uri}: offload keeps parts off a GPU, and the device is {place}; leave it out")
    elif how.offload == OFFLOAD[1]:
        pipeline.enable_model_cpu_offload(device=place)
    else:
        pipeline.enable_sequential_cpu_offload(device=place)
    return TextToImage(pipeline, how, name=uri, device=place)


def _pipeline(folder: Path, uri: str, dtype: torch.dtype) -> Any:
    from diffusers import AutoPipelineForText2Image
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with pretrained.quiet():
            pipeline = AutoPipelineForText2Image.from_pretrained(
                str(folder), dtype=dtype, local_files_only=True, use_safetensors=True
            )
    except pickle.UnpicklingError:
        raise UsageError(f"the weights of {uri} {UNSAFE}") from None
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError, ImportError, SafetensorError) as error:
        raise UsageError(f"{uri} cannot be loaded as a text-to-image pipeline: {first_line(error)}") from error
    quiet(pipeline)
    return pipeline


def _scheduler(uri: str, name: str, now: Any) -> Any:
    import diffusers

    known = [one for one in dir(diffusers) if one.endswith("Scheduler")]
    if name not in known:
        raise UsageError(f"{uri}: no scheduler '{name}'{did_you_mean(name, known)}")
    return getattr(diffusers, name).from_config(now.config)


def _merge(pipeline: Any, uri: str, path: Path) -> None:
    """Merge an adapter into the weights, so that they are as many and are named as before."""
    if not path.exists():
        raise UsageError(f"{uri}: there is no adapter {path}")
    regular_below(path if path.is_dir() else path.parent)
    where = (path, None) if path.is_dir() else (path.parent, path.name)
    try:
        pipeline.load_lora_weights(str(where[0]), weight_name=where[1], local_files_only=True, use_safetensors=True)
        pipeline.fuse_lora()
        pipeline.unload_lora_weights()
    except (OSError, ValueError, RuntimeError, KeyError, AttributeError, SafetensorError) as error:
        raise UsageError(f"{uri}: {path} is no adapter for it: {first_line(error)}") from error


def _save_memory(pipeline: Any, uri: str, how: Sampling) -> None:
    try:
        if how.slicing:
            pipeline.vae.enable_slicing()
        if how.tiling:
            pipeline.vae.enable_tiling()
    except AttributeError as error:
        raise UsageError(f"{uri}: slicing and tiling are not for {type(pipeline).__name__}: {error}") from None
