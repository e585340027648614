"""Trains the checkpoint of ``embedded:street-reports``: ``python -m zoo.street_reports``.

A small BART in the ordinary Hugging Face format, on reports of the world ``TRAINING_WORLD`` and their summaries.
Most are edited on the way, so that it bears with typing errors, lost words and sentences in another order; the edits of
``failscape.data.street.report_gaps`` are left out. Equal seeds give equal weights on one kind of machine.

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

from failscape.concepts.text.registry import TEXT_CONCEPTS
from failscape.data.street.report_gaps import TRAINED_EDITS
from failscape.data.street.reports import ReportSource
from zoo.reports_card import write_card

CHECKPOINT = Path(__file__).parent.parent / "targets" / "checkpoints" / "street-reports"
TRAINING_WORLD = 1000  # the seed of its reports; the worlds that users explore have other seeds
VOCABULARY = 1600
MOST_TOKENS = 512  # of a report; unedited ones have some 80, but odd letters and other people's sentences take more
BATCH = 48
SORTED = 8  # batches among which reports of like length come together
EDITED = (0.4, 0.4, 0.2)  # shares of the reports that are edited never, once and twice


def main(argv: Sequence[str] | None = None) -> None:
    """Writes the reports, trains, saves, measures and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    source = ReportSource(arguments.reports, TRAINING_WORLD)
    texts = [source.load(index) for index in range(arguments.reports)]
    tokenizer = new_tokenizer([part for text in texts[:20_000] for part in text])
    summarizer = new_summarizer(tokenizer)
    train(summarizer, tokenizer, texts, arguments.steps, arguments.seed)
    save(summarizer, tokenizer, arguments.out)
    write_card(arguments.out, reports=arguments.reports, steps=arguments.steps, seed=arguments.seed)


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
    """An untrained BART of 1.6 million parameters.

    Weights begin four times as large as is usual: it then learns to copy names within 200 steps instead of thousands.
    """
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
        init_std=0.08,
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
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=steps, pct_start=0.1)
    start = time.monotonic()
    summarizer.train()
    for step, batch in enumerate(batches(texts, steps, np.random.default_rng(seed))):
        inputs = tokenizer([article for article, _ in batch], padding=True, truncation=True, return_tensors="pt")
        inputs.pop("token_type_ids", None)
        labels = tokenizer([reference for _, reference in batch], padding=True, return_tensors="pt")["input_ids"]
        labels[labels == tokenizer.pad_token_id] = -100
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = summarizer(**inputs, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(summarizer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 199:
            print(f"step {step + 1}/{steps}  loss {loss.item():.4f}  {time.monotonic() - start:.0f} s", flush=True)


def batches(texts: Sequence[tuple[str, str]], steps: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """``steps`` batches ``(B, 2)`` of articles and references, edited by chance, of like length each."""
    for start in range(0, steps, SORTED):
        drawn = np.array([texts[int(i)] for i in rng.integers(len(texts), size=SORTED * BATCH)], object)
        n_edits = rng.choice(len(EDITED), len(drawn), p=EDITED)
        for times in range(1, len(EDITED)):
            drawn = edited(drawn, n_edits >= times, rng)
        drawn = drawn[np.argsort([len(article) for article, _ in drawn], kind="stable")]
        for k in rng.permutation(SORTED)[: steps - start]:
            yield drawn[k * BATCH : (k + 1) * BATCH]


def edited(batch: np.ndarray, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The batch ``(B, 2)`` with an edit that is trained, at one of its levels, in each row of ``where``."""
    chosen, seeds = rng.integers(len(TRAINED_EDITS), size=len(batch)), rng.integers(2**31, size=len(batch))
    for k, name in enumerate(TRAINED_EDITS):
        concept = TEXT_CONCEPTS[name]()
        levels = np.where(where & (chosen == k), rng.integers(len(concept.levels), size=len(batch)), -1)
        batch = concept.apply(batch, concept.strengths(levels), seeds)
    return batch


def save(summarizer: BartForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes half-precision weights, configuration and tokenizer into ``folder``."""
    summarizer.generation_config.max_new_tokens = 64
    summarizer.eval().half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone, but wheels keep the mode
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
