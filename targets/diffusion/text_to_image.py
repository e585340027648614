"""Any diffusers pipeline that draws pictures from texts, as a frozen target.

Shapes: ``B`` prompts, ``H`` and ``W`` pixels, ``F`` features.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from failscape.errors import UsageError
from failscape.targets.base import Weights
from failscape.targets.batching import check_finite, check_texts, micro_batches
from failscape.targets.diffusion.sampling import Sampling
from failscape.targets.outputs import PictureOutputs
from failscape.targets.weights import fill

SEED_STRIDE = 1_000_003  # between the pictures of one seed and those of the next
DENOISERS = ("unet", "transformer")  # what pipelines call the network that learns to draw


class TextToImage:
    """A frozen text-to-image pipeline: prompts in, pictures out.

    Each picture is drawn by a generator of its own, from its number, so that it can be drawn again: the noise that it
    begins with and that of schedulers which add some at each step depend on nothing else. In another company a picture
    may differ in its last bits; the batch size is one of the options. Features are the mean of what the first text
    encoder says of the tokens of a prompt.

    Args:
        pipeline: A diffusers pipeline that takes ``prompt`` and ``generator``; it lies on its device.
        sampling: How pictures are drawn.
        name: How messages and records call it; ``load_target`` sets it to the URI.
        device: Where the pipeline computes.
    """

    task = "text-to-image"

    def __init__(
        self, pipeline: Any, sampling: Sampling, *, name: str = "text-to-image", device: torch.device | str = "cpu"
    ) -> None:
        self.name, self.sampling, self.pipeline = name, sampling, pipeline
        self.device = torch.device(device)
        self.batch_size = sampling.batch
        self.module = parts_of(pipeline).requires_grad_(False).eval()
        self.n_queries = 0

    def __call__(self, prompts: Sequence[str] | np.ndarray, seeds: Sequence[int] | None = None) -> PictureOutputs:
        """Pictures of prompts.

        Args:
            prompts: Texts ``(B,)``, or texts and numbers of pictures ``(B, 2)``: another number, another picture.
            seeds: Of the rows; 0 where omitted. A seed and a number are a picture.

        Raises:
            UsageError: For what is no batch of texts, pixels that are not finite, or a device whose memory does not
                hold one picture.
        """
        texts, numbers = _divided(prompts)
        check_texts(self.name, texts)
        both = zip(numbers.tolist(), [0] * len(numbers) if seeds is None else seeds, strict=True)
        drawn = [number + SEED_STRIDE * int(seed) for number, seed in both]
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._draw(list(texts[start:stop]), drawn[start:stop]),
            len(texts),
            self.batch_size,
            f"the memory of {self.device} does not hold one picture of {self.name}",
        )
        self.n_queries += len(texts)
        return PictureOutputs.joined(parts)

    def fits(self, prompts: Sequence[str]) -> np.ndarray:
        """Whether all of each prompt is read by at least one of the pipeline's text encoders: ``(B,)`` bool."""
        limits = [_fitting(tokenizer, prompts) for tokenizer in self._tokenizers()]
        return np.any(limits, axis=0) if limits else np.ones(len(prompts), bool)

    @torch.inference_mode()
    def embed(self, prompts: Sequence[str]) -> torch.Tensor:
        """What the first text encoder says of prompts, on average over their tokens: ``(B, F)`` float32 on the host.

        Prompts that are too long are cut, as the pipeline cuts them.
        """
        tokenizer, encoder = self.pipeline.tokenizer, self.pipeline.text_encoder
        tokens = tokenizer(
            list(prompts), padding="max_length", truncation=True, max_length=_limit(tokenizer), return_tensors="pt"
        )
        states = encoder(tokens.input_ids.to(self.device)).last_hidden_state.float()
        read = tokens.attention_mask.to(states)[..., None]
        return ((states * read).sum(dim=1) / read.sum(dim=1).clamp_min(1)).cpu()

    def with_weights(self, weights: Weights) -> TextToImage:
        """A second target that differs in its weights, and has been asked nothing yet.

        Raises:
            ValueError: they are another architecture's.
        """
        twin = copy.copy(self)
        twin.module = copy.deepcopy(self.module)
        fill(twin.module, weights)
        twin.pipeline = type(self.pipeline)(**{**self.pipeline.components, **dict(twin.module.items())})
        quiet(twin.pipeline)
        twin.n_queries = 0
        return twin

    @property
    def denoiser(self) -> nn.Module:
        """The network that learns to draw."""
        return next(self.module[name] for name in DENOISERS if name in self.module)

    def __repr__(self) -> str:
        millions = sum(p.numel() for p in self.module.parameters()) / 1e6
        return f"TextToImage({self.name}, {type(self.pipeline).__name__}, {millions:.3g} M parameters, {self.device})"

    @torch.inference_mode()
    def _draw(self, prompts: list[str], numbers: list[int]) -> PictureOutputs:
        if not prompts:
            raise UsageError(f"{self.name} takes one prompt or more")
        generators = [torch.Generator().manual_seed(number) for number in numbers]
        drawn = self.pipeline(prompt=prompts, generator=generators, output_type="pt", **self.sampling.call)
        pixels = drawn.images.float().cpu()
        check_finite(self.name, pixels, "pixels", "its weights, or give dtype=float32")
        withheld = drawn.get("nsfw_content_detected") or [False] * len(prompts)
        return PictureOutputs(
            (pixels * 255).round().clamp(0, 255).to(torch.uint8),
            self.embed(prompts),
            ~self.fits(prompts),
            np.array(withheld, bool),
        )

    def _tokenizers(self) -> list[Any]:
        parts = self.pipeline.components
        return [part for name, part in parts.items() if name.startswith("tokenizer") and part is not None]


def parts_of(pipeline: Any) -> nn.ModuleDict:
    """The networks of a pipeline by name: all that decides what it draws."""
    return nn.ModuleDict({name: part for name, part in pipeline.components.items() if isinstance(part, nn.Module)})


def quiet(pipeline: Any) -> None:
    """Lets a pipeline draw without a bar of progress."""
    pipeline.set_progress_bar_config(disable=True)


def _divided(prompts: Sequence[str] | np.ndarray) -> tuple[Any, np.ndarray]:
    if isinstance(prompts, np.ndarray) and prompts.ndim == 2:
        return prompts[:, 0], prompts[:, 1].astype(np.int64)
    return prompts, np.zeros(len(prompts), np.int64)


def _limit(tokenizer: Any) -> int:
    return int(min(tokenizer.model_max_length, 10_000))


def _fitting(tokenizer: Any, prompts: Sequence[str]) -> np.ndarray:
    lengths = [len(row) for row in tokenizer(list(prompts), truncation=False, verbose=False).input_ids]
    return np.array(lengths) <= _limit(tokenizer)
