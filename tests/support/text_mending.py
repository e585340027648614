"""Tiny summarizers of every kind, and what there is to teach them."""

import numpy as np

from failscape.mitigation.batches import Failures
from tests.support.tiny_text import tiny_causal, tiny_seq2seq

KINDS = {"t5": tiny_seq2seq, "bart": tiny_seq2seq, "pegasus": tiny_seq2seq, "llama": tiny_causal, "gpt2": tiny_causal}
EDITS = ["delete-characters=.1,.2,.3,.4", "number-swap=.25,.5,.75,1"]
MODE = Failures(np.arange(8), ())
PAIRS = [("Ada saw a dog.", "Dog."), ("Ben saw 3 very big cars near it.", "3 cars were seen.")]
