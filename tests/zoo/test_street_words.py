"""The tokenizer of traffic captions: every caption fits, and every word is known."""

import json
import subprocess
import sys

import numpy as np

from failscape.data.street.traffic.captions import PEOPLE, WORDS, varied_caption
from failscape.data.street.traffic.factors import BY_NAME, sample_traffic, vary
from zoo.street_words import LENGTH, new_tokenizer

N_PEOPLE = 60  # scenes whose people are put into words


def test_the_longest_caption_fits() -> None:
    tokenizer = new_tokenizer(0)

    def longest(texts: list[str]) -> int:
        return max(len(tokenizer(text).input_ids) - 2 for text in texts)

    vehicles = BY_NAME["vehicle"].values
    parts = [
        longest([text.format(vehicle=vehicle) for said in words.values() for text in said for vehicle in vehicles])
        for words in WORDS.values()
    ]
    heads = longest([f"a {color} {vehicle}" for color in BY_NAME["color"].values for vehicle in vehicles])
    people = []
    for index in range(N_PEOPLE):
        scene, rng = vary(sample_traffic(0, index), count=1 + index % (len(PEOPLE) - 1)), np.random.default_rng(index)
        people.append(varied_caption(scene, rng, ("count", "job", "hair")).split(", ", 1)[1])
    commas = len(parts) + 1
    assert heads + sum(parts) + longest(people) + commas + 2 <= LENGTH == tokenizer.model_max_length


def test_every_process_gives_the_same_ids() -> None:
    code = "import json; from zoo.street_words import new_tokenizer; print(json.dumps(new_tokenizer(0).get_vocab()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == new_tokenizer(0).get_vocab()
