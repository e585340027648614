"""Any model that writes a summary, as a frozen target.

Shapes: ``B`` batch, ``F`` features, ``T`` tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchEncoding

from failscape.targets.base import Weights
from failscape.targets.batching import check_finite, check_texts, micro_batches, resolve_device
from failscape.targets.outputs import SummarizerOutputs
from failscape.targets.summarizers.prompting import Reader
from failscape.targets.weights import twin_with


class Written(NamedTuple):
    """What a model made of a batch of prompts."""

    features: torch.Tensor  # (B, F) float32
    tokens: torch.Tensor  # (B, T) int64, of the summaries


class Summarizer:
    """A frozen summarizer: articles in, summaries and features out, read once and written once.

    Features are the mean of the last hidden states of what was read (of the encoder, or of a causal model's prompt),
    padding left out. An article that is too long is cut at a word boundary. A blank one is answered with ``""`` and
    zeros without asking the model. Nothing is sampled; in float32, how articles are batched changes no more than the
    last bits of features, while in bfloat16 a close decision between two words may fall otherwise.

    Args:
        module: The model, with its ``generation_config`` set. It is frozen and moved to the device in place.
        reader: Its tokenizer and prompt.
        write: Maps the module and a batch of tokens to features and summaries.
        name: How messages and records call it; ``load_target`` sets it to the URI.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        batch_size: Most articles at a time; halves itself where the device's memory is too small.
        dtype: Of the weights; without it bfloat16 on a CUDA device that computes in it, else float32.

    Raises:
        UsageError: For an unusable device.
    """

    task = "summarization"

    def __init__(
        self,
        module: Any,
        reader: Reader,
        write: Callable[[Any, BatchEncoding], Written],
        *,
        name: str = "summarizer",
        device: str | torch.device = "auto",
        batch_size: int = 64,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.name = name
        self.device = resolve_device(device)
        self.dtype = dtype or _fast_dtype(self.device)
        self.module = module.requires_grad_(False).eval().to(self.device, self.dtype)
        self.reader = reader
        self.tokenizer = reader.tokenizer
        self.write = write
        self.batch_size = batch_size
        self.n_queries = 0

    def __call__(self, articles: Sequence[str] | np.ndarray, seeds: Sequence[int] | None = None) -> SummarizerOutputs:
        """Summaries and features of articles ``(B,)``: texts ``(B,)``, features ``(B, F)``, which were cut ``(B,)``.

        Items ``(B, 2)`` of article and reference are taken, too; the reference is not looked at. Equal articles are
        read once, and counted as often as they come. ``seeds`` are ignored: nothing is sampled.

        Raises:
            UsageError: For what is no batch of texts, features that are not finite, or a device whose memory does
                not hold one article.
        """
        if isinstance(articles, np.ndarray) and articles.ndim == 2:
            articles = articles[:, 0]
        check_texts(self.name, articles)
        cut = self.reader.cut_all(list(articles))
        asked = list(dict.fromkeys(text for text in cut if text.strip()))
        written, features = self._answer(asked)
        row = {text: index for index, text in enumerate(asked)}
        rows = [row.get(text, len(asked)) for text in cut]  # blank ones have the last
        texts = np.array([*written, ""], dtype=object)[rows]
        features = torch.cat([features, features.new_zeros(1, features.shape[1])])[rows]
        check_finite(self.name, features, "features", "its weights")
        truncated = np.array([len(a) < len(b) for a, b in zip(cut, articles, strict=True)], dtype=bool)
        self.n_queries += len(cut)
        return SummarizerOutputs(texts, features, truncated)

    def prepare(self, item: Sequence[str]) -> tuple[str, str]:
        """``(article, reference)`` with the article cut to what can be read of it; see :meth:`fits`."""
        article, reference = item
        return self.reader.cut(article), reference

    def fits(self, article: str) -> bool:
        """Whether all of an article can be read."""
        return self.reader.cut(article) == article

    def encode(self, articles: Sequence[str]) -> BatchEncoding:
        """What the module reads: ``input_ids`` and ``attention_mask`` ``(B, T)`` int64 on the target's device."""
        return self.reader.encode(self.reader.cut_all(articles)).to(self.device)

    def encode_labels(self, references: Sequence[str]) -> torch.Tensor:
        """What the module should write, for a fine-tune: ``(B, T)`` int64 on the target's device, padding -100.

        References longer than the module may write are cut to that. A causal model reads them after its prompt, and
        they end with its end token, cut or not.
        """
        most = self.module.generation_config.max_new_tokens
        if self.module.config.is_encoder_decoder:
            rows = self.tokenizer(text_target=list(references), max_length=most, truncation=True)["input_ids"]
        else:
            end = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id is not None else []
            tokens = self.tokenizer(
                list(references), add_special_tokens=False, max_length=most - len(end), truncation=True
            )
            rows = [row + end for row in tokens["input_ids"]]
        labels = [torch.tensor(row, dtype=torch.int64) for row in rows]
        return pad_sequence(labels, batch_first=True, padding_value=-100).to(self.device)

    def with_weights(self, weights: Weights) -> Summarizer:
        """A second summarizer that differs in its weights, and has been asked nothing yet.

        Raises:
            ValueError: they are another architecture's.
        """
        return twin_with(self, weights)

    def __repr__(self) -> str:
        millions = sum(p.numel() for p in self.module.parameters()) / 1e6
        return f"Summarizer({self.name}, {self.reader.limit} tokens, {millions:.3g} M parameters, {self.device})"

    def _answer(self, articles: list[str]) -> tuple[list[str], torch.Tensor]:
        """Summaries and features of articles that fit; the longest go first, with others of like length."""
        if not articles:
            width = self.module.get_input_embeddings().weight.shape[1]
            return [], torch.zeros(0, width, device=self.device)
        lengths = np.array([len(article) for article in articles])  # in characters, which is near enough
        order = np.argsort(-lengths, kind="stable")
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._write([articles[i] for i in order[start:stop]]),
            len(articles),
            self.batch_size,
            f"{self.name}: one article of {lengths.max()} characters does not fit into the memory of {self.device}",
        )
        back = np.argsort(order)
        texts = [text for part in parts for text in part[0]]
        return [texts[i] for i in back], torch.cat([part[1] for part in parts])[back.tolist()]

    @torch.inference_mode()
    def _write(self, articles: list[str]) -> tuple[list[str], torch.Tensor]:
        written = self.write(self.module, self.reader.encode(articles).to(self.device))
        texts = self.tokenizer.batch_decode(written.tokens, skip_special_tokens=True)
        # PEGASUS writes its line breaks so.
        return [text.replace("<n>", "\n").strip() for text in texts], written.features


def mean_state(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean of hidden states ``(B, T, F)`` over the tokens that ``mask`` ``(B, T)`` keeps: ``(B, F)`` float32."""
    weights = mask[:, :, None].float()
    return (states.float() * weights).sum(1) / weights.sum(1)


def _fast_dtype(device: torch.device) -> torch.dtype:
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if fast else torch.float32
