"""Tiny random summarizers on disk, in Hugging Face format: real architectures and tokenizers that load in no time.

Their vocabulary are the printable characters of ASCII; what they write is noise, but always the same.
"""

import string
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

PAD, EOS, BOS, UNK = "<pad>", "</s>", "<s>", "<unk>"
SEQ2SEQ = ("t5", "bart", "pegasus")
POSITIONS = 64
LETTERS = [*string.ascii_letters, *string.digits, *string.punctuation, "Ġ", "Ċ"]  # space and line break, as bytes
SIZE = 4 + len(LETTERS)
TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }}\n{{ message.content | trim }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def tiny_tokenizer(*, bos: bool = False, eos: bool = True, pad: bool = True) -> transformers.PreTrainedTokenizerFast:
    """A token per character, ``SIZE`` in all: ids 0 to 3 are padding, end, beginning and unknown."""
    vocabulary = {token: index for index, token in enumerate((PAD, EOS, BOS, UNK, *LETTERS))}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges=[], unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if bos or eos:
        single = f"{BOS} $A {EOS}" if bos and eos else f"{BOS} $A" if bos else f"$A {EOS}"
        tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=[(EOS, 1), (BOS, 2)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNK,
        eos_token=EOS,
        bos_token=BOS,
        model_max_length=POSITIONS,
        **({"pad_token": PAD} if pad else {}),
    )


def tiny_seq2seq(folder: Path, kind: str = "bart", *, pad: bool = True, **generation: Any) -> Path:
    """Save a random ``t5``, ``bart`` or ``pegasus`` with its tokenizer to ``folder``, and return the folder.

    It reads 64 characters and writes up to 12, or what ``generation`` (values of its generation config) says.
    """
    config = _seq2seq_config(kind)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = transformers.AutoModelForSeq2SeqLM.from_config(config)
        _stir(model)
    model.generation_config.update(**{"max_new_tokens": 12, **generation})
    model.save_pretrained(folder)
    tiny_tokenizer(bos=kind == "bart", pad=pad).save_pretrained(folder)
    return folder


def tiny_causal(folder: Path, kind: str = "llama", *, chat: bool = True, pad: bool = False, **generation: Any) -> Path:
    """Save a random ``llama`` or ``gpt2`` of 256 positions with its tokenizer to ``folder``, and return the folder."""
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings")
    size = dict(zip(names, (SIZE, 16, 2, 2, 256), strict=True))
    tokens = {"bos_token_id": 2, "eos_token_id": 1}
    config_class = {"llama": transformers.LlamaConfig, "gpt2": transformers.GPT2Config}[kind]
    config = config_class(**size, **tokens, **({"intermediate_size": 32} if kind == "llama" else {}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = transformers.AutoModelForCausalLM.from_config(config)
        _stir(model)
    model.generation_config.update(**{"max_new_tokens": 12, **generation})
    model.save_pretrained(folder)
    tokenizer = tiny_tokenizer(bos=True, eos=False, pad=pad)
    tokenizer.model_max_length = 256
    tokenizer.chat_template = TEMPLATE if chat else None
    tokenizer.save_pretrained(folder)
    return folder


def _seq2seq_config(kind: str) -> Any:
    tokens = {"vocab_size": SIZE, "pad_token_id": 0, "eos_token_id": 1}
    if kind == "t5":
        size = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
        return transformers.T5Config(**tokens, **size, decoder_start_token_id=0)
    sides = {"layers": 2, "attention_heads": 2, "ffn_dim": 32}
    size = {f"{side}_{name}": value for side in ("encoder", "decoder") for name, value in sides.items()}
    size |= {"d_model": 16, "max_position_embeddings": POSITIONS}
    if kind == "bart":
        tokens |= {"bos_token_id": 2, "decoder_start_token_id": 1, "forced_eos_token_id": 1}
        return transformers.BartConfig(**tokens, **size)
    return transformers.PegasusConfig(**tokens, **size, decoder_start_token_id=0)


def _stir(model: Any) -> None:
    """Weights large enough that what is written depends on what is read."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.5)


@cache
def tiny_summarizer(kind: str = "bart") -> Any:
    """The random summarizer of that kind, loaded once."""
    from failscape.targets.registry import load_target

    with tempfile.TemporaryDirectory() as folder:
        return load_target(str(tiny_seq2seq(Path(folder) / kind, kind)), "cpu")


# What makes a target of each kind.
KINDS = {"t5": tiny_seq2seq, "bart": tiny_seq2seq, "pegasus": tiny_seq2seq, "llama": tiny_causal, "gpt2": tiny_causal}
