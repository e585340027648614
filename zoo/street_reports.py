"""Trains the checkpoint of ``embedded:street-reports``: ``python -m zoo.street_reports``.

A small BART in the ordinary Hugging Face format, on reports of the world ``TRAINING_WORLD`` and their summaries. Some are
edited on the way, so that it bears with typing errors, lost words and sentences in another order; the edits of
``failscape.data.street.reports_gaps`` are left out. Equal seeds give equal weights on one kind of machine.

Shapes: ``B`` batch, ``T`` tokens.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from failscape.data.street.reports import ReportSource

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-reports"
TRAINING_WORLD = 1000  # the seed of its reports; the worlds that users explore have other seeds
VOCABULARY = 1600
MOST_TOKENS = 192  # of a report
BATCH = 64


def main(argv: Sequence[str] | None = None) -> None:
    """Writes the reports, trains, saves, measures and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    source = ReportSource(arguments.reports, TRAINING_WORLD)
    texts = [source.load(index) for index in range(arguments.reports)]
    tokenizer = new_tokenizer([part for text in texts[:20_000] for part in text])
    summarizer = new_summarizer(tokenizer)
    train(summarizer, tokenizer, texts, arguments.steps, arguments.seed)
    save(summarizer, tokenizer, arguments.out)


def new_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE, as BART's, of ``VOCABULARY`` tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=MOST_TOKENS,
    )


def new_summarizer(tokenizer: PreTrainedTokenizerFast) -> BartForConditionalGeneration:
    """An untrained BART of 1.7 million parameters."""
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=128,
        encoder_layers=3,
        decoder_layers=3,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=512,
        decoder_ffn_dim=512,
        max_position_embeddings=MOST_TOKENS,
        dropout=0.0,
        forced_eos_token_id=None,
    )
    return BartForConditionalGeneration(config)


def train(
    summarizer: BartForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[tuple[str, str]],
    steps: int,
    seed: int,
) -> None:
    """AdamW under a one-cycle schedule, in bfloat16 where the processor is quick at it; prints a line per 200 steps."""
    optimizer = torch.optim.AdamW(summarizer.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.5e-3, total_steps=steps, pct_start=0.1)
    start = time.monotonic()
    summarizer.train()
    for step, batch in enumerate(batches(texts, steps, np.random.default_rng(seed))):
        inputs = tokenizer([article for article, _ in batch], padding=True, truncation=True, return_tensors="pt")
        labels = tokenizer([reference for _, reference in batch], padding=True, return_tensors="pt")["input_ids"]
        labels[labels == tokenizer.pad_token_id] = -100
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = summarizer(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(summarizer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 199:
            print(f"step {step + 1}/{steps}  loss {loss.item():.4f}  {time.monotonic() - start:.0f} s", flush=True)


def batches(texts: Sequence[tuple[str, str]], steps: int, rng: np.random.Generator) -> Iterator[list[tuple[str, str]]]:
    """``steps`` batches of articles and references."""
    for _ in range(steps):
        yield [texts[int(i)] for i in rng.integers(len(texts), size=BATCH)]


def save(summarizer: BartForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes half-precision weights, configuration and tokenizer into ``folder``."""
    summarizer.generation_config.max_new_tokens = 64
    summarizer.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
