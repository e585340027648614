"""How text-to-image models are fine-tuned: by LoRA, on right pictures of what they draw wrongly.

Shapes: ``B`` batch, ``C, h, w`` latents, ``T`` tokens, ``F`` features.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch.nn import functional as F

from failscape.common.uri import parse_uri
from failscape.concepts.space import UNEDITED
from failscape.envs.mdp import ConceptMDP
from failscape.envs.picture_mdp import PictureMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights, copy_weights, distinct, restore_weights
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.loop import TorchTrainer, history_of
from failscape.mitigation.sampling import Failures, batches, draw_points
from failscape.mitigation.trainable import Trainable
from failscape.mitigation.trainers.adapters import (
    TEXT_ENCODER,
    UNET,
    Layers,
    adapters,
    layers_of,
    merged,
    write_layers,
)
from failscape.mitigation.trainers.base import Epoch, Fitted, Saved, Step, Tell, save_weights
from failscape.mitigation.trainers.latents import Latents, latents_of
from failscape.mitigation.trainers.lessons import concerned, given_pictures, other_pictures, right_pictures
from failscape.mitigation.trainers.noising import noising_of
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.registry import with_option

FOLDER = "lora"  # of the adapter, in that of the mitigation
JUDGED = 8  # pictures drawn after each epoch where the target fails, and as many of unedited prompts
VALIDATION_DRAWS = 4  # times of noise at which each validation picture is looked at, at least
LOOKS = 64  # at validation pictures, at least: few pictures are looked at more often
HALF_SCALE = 1024.0  # of gradients where networks are in float16, whose smallest number many of them would not reach


@dataclass(frozen=True)
class TextToImageConfig(TorchConfig):
    """Settings for text-to-image models."""

    lr: float = 1e-4
    batch_size: int = 4
    epochs: int = 10
    steps: int = 50  # of an epoch
    prior: float = 1.0  # weight of drawing other prompts as before; 0 for none
    pictures: int = 64  # right ones of its own that it learns, at most, and as many of other prompts
    text_encoder: bool = False  # whether its text encoder learns, too
    images: str = ""  # folder of good pictures that it learns instead of its own

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        **TorchConfig.bounds,
        "steps": (1, 1_000_000),
        "prior": (0, 1000),
        "pictures": (1, 100_000),
    }

    @property
    def extent(self) -> str:
        """How long it may go on, as a person is told."""
        return f"{self.epochs} epochs of {self.steps} steps at most"

    def taught(self, items: str) -> str:
        """What it is shown, as a person is told."""
        good = f"the pictures of {self.images}" if self.images else f"up to {self.pictures} right pictures of its own"
        return good + (f" and {self.pictures} of other prompts" if self.prior else "")


class TextToImageTrainer(TorchTrainer):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of Stable Diffusion pipelines.

    What is learned: pictures that a person chose, or those right ones that the target itself drew, of fresh noise, for
    prompts of the failure modes. The scorer of the run says which are right, and its mistakes are learned with them.
    Beside that, pictures of other prompts as the target draws them, so that they stay (prior preservation, Ruiz et al.
    2023). The loss is that of the pipeline's own training: noise, velocity or picture, as its scheduler says.

    Raises:
        UsageError: the pipeline is of another kind, there is no picture to learn, or one cannot be read.
    """

    config_class: ClassVar[type[TrainingConfig]] = TextToImageConfig
    methods: ClassVar[Mapping[str, Method]] = {
        "lora": Method("updates of low rank beside the attention layers, saved as an adapter of diffusers", {})
    }
    target_class = TextToImage
    config: TextToImageConfig

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: TextToImageConfig) -> None:
        super().__init__(mdp, failures, config)
        assert isinstance(mdp, PictureMDP)
        _check(self.target)
        self.per_epoch = config.steps
        self.pipeline: Any = self.target.pipeline
        self.parts = [UNET, TEXT_ENCODER] if config.text_encoder else [UNET]
        self.noising = noising_of(self.target.name, self.pipeline.scheduler)
        self.dtype = self.pipeline.unet.dtype
        self.weights = torch.nn.ParameterDict()  # of the adapters, while they learn
        self.encoded: dict[str, torch.Tensor] = {}  # what a text encoder that does not learn says of prompts, (T, F)
        rng = np.random.default_rng((config.seed, 2))
        explored = np.sort(np.concatenate(self.split))  # of their prompts; what is drawn of them is of other noise
        lesson = (
            given_pictures(str(config.images), _size(self.pipeline, self.target))
            if config.images
            else right_pictures(mdp, failures, explored, config.pictures, rng)
        )
        self.lessons = [self._divided(latents_of(self.pipeline, lesson, self.target.batch_size), rng)]
        if config.prior:
            others = other_pictures(mdp, failures, explored, config.pictures, rng)
            self.lessons.append(self._divided(latents_of(self.pipeline, others, self.target.batch_size), rng))
        self.judged = np.resize(rng.permutation(concerned(mdp, failures, self.split.validation)), JUDGED)
        self.judged_points = self.space.point(draw_points(failures, self.items.group[self.judged], rng))

    @property
    def learner(self) -> torch.nn.Module:
        """The adapters."""
        return self.weights

    @contextmanager
    def learning(self) -> Iterator[Trainable]:
        """Adapters that learn while it is open."""
        config = self.config
        with adapters(self.target.name, self.pipeline, self.parts, config.rank, config.seed) as self.weights:
            parameters = list(self.weights.values())
            if self.dtype == torch.float16:
                for parameter in parameters:
                    parameter.register_hook(lambda gradient: gradient / HALF_SCALE)
            yield Trainable(parameters, sum(p.numel() for p in parameters))

    def fit(self, folder: Path | None = None, *, tell: Tell | None = None, step: Step | None = None) -> Fitted:
        """Fine-tune as :meth:`~failscape.mitigation.trainers.base.Trainer.fit` says, an epoch at a time.

        The target's own weights do not change; the result is saved as an adapter.
        """
        module = self.target.module
        with self.learning() as learning:
            progress, diverged = self.epochs(learning, folder, tell, step)
            restore_weights(self.weights, progress.best)
            layers, weights = layers_of(self.pipeline, self.parts), merged(module)
        weights = copy_weights(module) if diverged else weights
        history, best = history_of(progress, diverged)
        kept = {name: weights[name].contiguous() for name in distinct(module)}
        return Fitted(history, best, diverged, learning.n_weights, kept, partial(_save, self.pipeline, layers))

    def train_epoch(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        rng = np.random.default_rng((self.config.seed, 3, number))
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        drawn = [self._rows(fit, rng) for fit, _ in self.lessons]
        losses = (self._step(rows, generator) for rows in zip(*drawn, strict=True))
        return self.descend(number, losses, optimizer, parameters, average, step)

    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """The loss of validation pictures at fixed noise; which share of a few drawn ones fails."""
        losses = [self._fixed_loss(judges) for _, judges in self.lessons]
        loss = losses[0] + self.config.prior * sum(losses[1:])
        clean = edited = 1.0  # where it diverged, and draws nothing
        if math.isfinite(loss):
            clean = self._failing(np.full_like(self.judged_points, UNEDITED))
            edited = self._failing(self.judged_points)
        return Epoch(number, train_loss, loss, clean, edited, best=loss < best)

    def _failing(self, points: np.ndarray) -> float:
        """Share that fails of the judged items at points ``(B, K)``."""
        return float(self.mdp.evaluate(self.mdp.at(self.judged, points)).failed.mean())

    def _divided(self, latents: Latents, rng: np.random.Generator) -> tuple[Latents, Latents]:
        """Pictures that teach and pictures that judge; one alone does both."""
        rows = rng.permutation(len(latents))
        n_judges = min(max(1, round(self.config.validation * len(rows))), max(1, len(rows) - 1))
        return latents.take(rows[n_judges:] if len(rows) > 1 else rows), latents.take(rows[:n_judges])

    def _rows(self, latents: Latents, rng: np.random.Generator) -> list[np.ndarray]:
        """Of each step of an epoch, rows of a lesson; where they are balanced, each prompt comes as often."""
        config, prompt = self.config, np.unique(latents.prompts, return_inverse=True)[1]
        shown = np.resize(np.arange(len(latents)), config.steps * config.batch_size)
        return list(batches(shown, prompt, config.batch_size, rng, config.balance))

    def _step(self, rows: Sequence[np.ndarray], generator: torch.Generator) -> torch.Tensor:
        """The loss of a batch of each lesson."""
        losses = [self._loss(fit.take(own), None, generator) for (fit, _), own in zip(self.lessons, rows, strict=True)]
        loss = losses[0] + self.config.prior * sum(losses[1:])
        if self.dtype == torch.float16:
            loss.register_hook(lambda gradient: gradient * HALF_SCALE)
        return loss

    def _fixed_loss(self, latents: Latents) -> float:
        """The loss of pictures at times and noise that are the same at every call."""
        generator = torch.Generator().manual_seed(self.config.seed)
        n_times, n, total = len(self.noising.kept), len(latents), 0.0
        draws = max(VALIDATION_DRAWS, math.ceil(LOOKS / n))
        for draw in range(draws):
            times = ((draw + torch.rand(n, generator=generator)) / draws * n_times).long()
            for rows in np.array_split(np.arange(n), math.ceil(n / self.config.batch_size)):
                with torch.no_grad():
                    loss = self._loss(latents.take(rows), times[torch.from_numpy(rows)], generator)
                total += len(rows) * float(loss)
        return total / (draws * n)

    def _loss(self, latents: Latents, times: torch.Tensor | None, generator: torch.Generator) -> torch.Tensor:
        """Mean squared error of what the denoiser predicts at times (B,), which are drawn where omitted."""
        if times is None:
            times = torch.randint(len(self.noising.kept), (len(latents),), generator=generator)
        clean, device = latents.drawn(generator), self.target.device
        noise = torch.randn(clean.shape, generator=generator)
        noisy = self.noising.noised(clean, noise, times).to(device, self.dtype)
        said = self._said(latents.prompts)
        predicted = self.pipeline.unet(noisy, times.to(device), encoder_hidden_states=said).sample
        return F.mse_loss(predicted.float(), self.noising.wanted(clean, noise, times).to(device))

    def _said(self, prompts: list[str]) -> torch.Tensor:
        """What the text encoder says of prompts, (B, T, F)."""
        if self.config.text_encoder:
            return self._encoded(prompts)
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self.encoded]
        if new:
            with torch.no_grad():
                self.encoded |= dict(zip(new, self._encoded(new).cpu(), strict=True))
        return torch.stack([self.encoded[prompt] for prompt in prompts]).to(self.target.device)

    def _encoded(self, prompts: list[str]) -> torch.Tensor:
        said: torch.Tensor = self.pipeline.encode_prompt(prompts, self.target.device, 1, False)[0]
        return said.to(self.dtype)


def _check(target: TextToImage) -> None:
    """Refuse pipelines whose training is another.

    Raises:
        UsageError: this is one.
    """
    from diffusers import AutoencoderKL, StableDiffusionPipeline

    parts = target.pipeline.components
    usual = isinstance(target.pipeline, StableDiffusionPipeline) and isinstance(parts["vae"], AutoencoderKL)
    if not usual or parts["text_encoder"] is None or parts["unet"].config.get("time_cond_proj_dim"):
        raise UsageError(
            f"{target.name} is a {type(target.pipeline).__name__}; LoRA is for Stable Diffusion 1 and 2, "
            "which is a UNet that reads one text encoder; register a trainer: @failscape.register_trainer"
        )
    if target.sampling.offload != "no":
        raise UsageError(f"{target.name} keeps parts off the device while they are not in use; leave offload= out")


def _size(pipeline: Any, target: TextToImage) -> tuple[int, int]:
    """Height and width of what the target draws [px]."""
    usual = pipeline.unet.config.sample_size
    height, width = (usual, usual) if isinstance(usual, int) else usual
    factor = pipeline.vae_scale_factor
    return target.sampling.height or height * factor, target.sampling.width or width * factor


def _save(pipeline: Any, layers: Layers, weights: Mapping[str, torch.Tensor], folder: Path, uri: str) -> Saved:
    """Write the adapter; all weights where the target has another adapter or file of weights already."""
    if {"lora", "weights"} & parse_uri(uri).options.keys():
        return save_weights(weights, folder, uri)
    write_layers(pipeline, layers, folder / FOLDER)
    files = f'`{FOLDER}/` holds an adapter (LoRA) of diffusers: `pipeline.load_lora_weights("{FOLDER}")`.'
    return Saved(with_option(uri, "lora", str(folder / FOLDER)), files)
