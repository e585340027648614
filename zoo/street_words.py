"""The tokenizer of ``street-clip``: byte-pair encoding in CLIP's format, learned from captions of traffic scenes."""

from __future__ import annotations

import json

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from failscape.data.street.traffic.captions import blind_captions, varied_caption
from failscape.data.street.traffic.factors import sample_traffic
from failscape.data.street.traffic.questions import ASKED, CALLED

CAPTIONS = 4000
VOCABULARY = 512
LENGTH = 60  # tokens, with start and end; the longest caption has 57
SUFFIX = "</w>"  # of tokens that end a word
START, END = "<|startoftext|>", "<|endoftext|>"


def new_tokenizer(seed: int) -> CLIPTokenizer:
    """A tokenizer in which every word of captions and questions is one token, or few."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=SUFFIX, unk_token=END))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Punctuation(), pre_tokenizers.ByteLevel(False)]
    )
    texts = _texts(seed)
    # Ids of letters that end a word are given in the order of a hash table unless they are named, and merges that occur
    # as often as others go by ids.
    ends = [f"{letter}{SUFFIX}" for letter in sorted({*"".join(texts).lower()} - {" "})]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[START, END, *ends],
        end_of_word_suffix=SUFFIX,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _as_clip(tokenizer)


def _texts(seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    scenes = [sample_traffic(seed, index) for index in range(CAPTIONS)]
    captions = [blind_captions(scene, rng)[0] for scene in scenes]
    people = [varied_caption(scene, rng, ("count", "job", "hair")) for scene in scenes if scene.count]
    asked = [
        text.format_map({"vehicle": scene.vehicle, "the people": "the people"})
        for scene in scenes[:50]
        for text in ASKED.values()
    ]
    return [*captions, *people, *asked, *(word for words in CALLED.values() for word in words.values())]


def _as_clip(tokenizer: Tokenizer) -> CLIPTokenizer:
    known = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in known["merges"]]
    return CLIPTokenizer(vocab=known["vocab"], merges=merges, model_max_length=LENGTH)
