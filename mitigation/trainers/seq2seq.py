"""One epoch of training a model to write, by transformers' trainer; encoder and decoder, or causal.

Shapes: ``B`` batch, ``T`` tokens.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import LambdaLR
from transformers import PrinterCallback, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerCallback

from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights, average_in
from failscape.mitigation.config import TorchConfig
from failscape.mitigation.loop import kept, schedule
from failscape.mitigation.trainers.base import Step
from failscape.targets.base import TorchTarget

Pairs = list[tuple[str, str]]  # articles, and what should be written of them
NOT_COUNTED = -100  # label of a token that the loss leaves out
BATCH = 32  # pairs whose loss is worked out at a time
LIKE = 8  # pairs of like length that go through the model together


@runtime_checkable
class TrainableSummarizer(TorchTarget, Protocol):
    """What the trainer of summarizers needs of a target."""

    tokenizer: Any
    dtype: torch.dtype  # of the weights

    def encode(self, articles: Sequence[str]) -> Mapping[str, torch.Tensor]:
        """What the module reads: ``input_ids`` and ``attention_mask`` ``(B, T)`` int64 on the target's device."""
        ...

    def encode_labels(self, references: Sequence[str]) -> torch.Tensor:
        """What the module should write: ``(B, T)`` int64 on the target's device, padding -100."""
        ...


class EpochOf(NamedTuple):
    """What an epoch needs to know besides its batches."""

    number: int  # of the epoch, from 1
    optimizer: torch.optim.Optimizer  # lives on from epoch to epoch
    average: Weights  # is moved at each step
    config: TorchConfig


def train_pairs(target: TrainableSummarizer, batches: list[Pairs], epoch: EpochOf, step: Step | None) -> float:
    """Train on ``batches`` in their order, one step each, and return the mean loss of a token.

    The trainer lives for one epoch; what goes on is the optimiser. So a fine-tune can be kept between epochs as plain
    tensors, where the trainer's own checkpoints hold pickles. Dropout is the model's own, drawn anew in each epoch.

    Raises:
        UsageError: a batch does not fit into the memory.
    """
    config, number = epoch.config, epoch.number
    done, total = (number - 1) * len(batches), config.epochs * len(batches)
    for group in epoch.optimizer.param_groups:
        group["lr"] = config.lr
    rates = LambdaLR(epoch.optimizer, lambda i: schedule(done + i, total))
    with tempfile.TemporaryDirectory() as folder, _as_it_was(target.module), _own_chance():
        trainer = _Trainer(
            target.module,
            _arguments(target, config, number, folder),
            data_collator=lambda rows: {"parts": encode_parts(target, rows[0])},  # a row is a batch already
            train_dataset=batches,
            optimizers=(epoch.optimizer, rates),
            callbacks=[_Listening(target.module, epoch, done, total, step)],
        )
        trainer.remove_callback(PrinterCallback)
        try:
            return float(trainer.train().training_loss)
        except torch.cuda.OutOfMemoryError:
            smaller = max(1, config.batch_size // 2)
            raise UsageError(
                f"{target.name}: {config.batch_size} articles at a time do not fit into the memory of {target.device}; "
                f"try --set batch_size={smaller}, or --method lora"
            ) from None


def token_loss(target: TrainableSummarizer, pairs: Pairs) -> float:
    """Cross-entropy per token of what should be written, in evaluation mode; 0 without pairs."""
    total, count = 0.0, 0
    with torch.no_grad():
        for batch in encode_parts(target, pairs, BATCH):
            total += float(target.module(**batch).loss) * _counted(batch)
            count += _counted(batch)
    return total / max(count, 1)


def encode_parts(target: TrainableSummarizer, pairs: Pairs, size: int = LIKE) -> list[dict[str, torch.Tensor]]:
    """:func:`encode`, the shortest articles first and ``size`` at a time: a mixed batch is mostly padding."""
    ordered = sorted(pairs, key=lambda pair: len(pair[0].encode(errors="replace")))
    return [encode(target, ordered[start : start + size]) for start in range(0, len(ordered), size)]


def encode(target: TrainableSummarizer, pairs: Pairs) -> dict[str, torch.Tensor]:
    """A batch as the model takes it: ``input_ids``, ``attention_mask`` and ``labels`` ``(B, T)``; padding is -100.

    A causal model reads its prompt and what follows as one row, of which only what follows counts.
    """
    read = target.encode([article for article, _ in pairs])
    labels = target.encode_labels([wanted for _, wanted in pairs])
    if target.module.config.is_encoder_decoder:
        return {"input_ids": read["input_ids"], "attention_mask": read["attention_mask"], "labels": labels}
    prompts = [row[mask.bool()] for row, mask in zip(read["input_ids"], read["attention_mask"], strict=True)]
    answers = [row[row != NOT_COUNTED] for row in labels]
    rows = [torch.cat(parts) for parts in zip(prompts, answers, strict=True)]
    counted = [torch.cat([torch.full_like(p, NOT_COUNTED), a]) for p, a in zip(prompts, answers, strict=True)]
    return {
        "input_ids": pad_sequence(rows, batch_first=True, padding_value=target.tokenizer.pad_token_id),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], batch_first=True),
        "labels": pad_sequence(counted, batch_first=True, padding_value=NOT_COUNTED),
    }


def _counted(batch: Mapping[str, torch.Tensor]) -> int:
    """Tokens of a batch that the loss is a mean of."""
    return int((batch["labels"] != NOT_COUNTED).sum())


class _Trainer(Seq2SeqTrainer):
    """Takes a step on a batch in parts; its loss is the mean over all tokens, as if it were one."""

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Cross-entropy per token of ``inputs["parts"]``."""
        counts = [_counted(part) for part in inputs["parts"]]
        losses = [model(**part).loss * count for part, count in zip(inputs["parts"], counts, strict=True)]
        return torch.stack(losses).sum() / sum(counts)

    def floating_point_ops(self, inputs: Any) -> int:
        """Nobody asks, and the trainer would count the tokens of one batch."""
        return 0


class _Listening(TrainerCallback):
    """Moves the running average, and tells how far it is."""

    def __init__(self, module: Any, epoch: EpochOf, done: int, total: int, step: Step | None) -> None:
        self.module, self.epoch, self.done, self.total, self.step = module, epoch, done, total, step

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        average_in(self.epoch.average, self.module, kept(self.epoch.config.average, self.done))
        self.done += 1
        if self.step:
            self.step(self.done, self.total)


def _arguments(target: TrainableSummarizer, config: TorchConfig, number: int, folder: str) -> Seq2SeqTrainingArguments:
    """Nothing is written, logged or shuffled; the seed is of the epoch."""
    cuda = target.device.type == "cuda"
    arguments = Seq2SeqTrainingArguments(
        output_dir=folder,
        num_train_epochs=1,
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        max_grad_norm=config.clip,
        seed=int(np.random.default_rng((config.seed, 5, number)).integers(2**31)),
        use_cpu=not cuda,
        bf16=cuda and target.dtype == torch.bfloat16,
        use_cache=bool(getattr(target.module.config, "use_cache", False)),
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        logging_strategy="no",
        logging_nan_inf_filter=False,  # a loss that is not finite has to be seen
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # one device, also where there are several
    return arguments


@contextmanager
def _as_it_was(module: Any) -> Iterator[None]:
    """Puts the module back into evaluation mode, without gradients left over."""
    try:
        yield
    finally:
        module.zero_grad(set_to_none=True)
        module.eval()


@contextmanager
def _own_chance() -> Iterator[None]:
    """The trainer seeds everything there is; on leaving, all is as it was."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the trainer seeds it
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
