"""Facts that a CLIP reads from pictures by texts: which of the values of each fits a picture best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.data.pairs.corpus import IMAGE, READ, Corpus, ReadFacts
from failscape.data.pairs.probes import USUAL, Probe, load_probes
from failscape.errors import UsageError
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.mining.similarity import Vectors
from failscape.targets.encoders.zero_shot import best_values
from failscape.workflows.vector_origins import Origin, Progress, load_origin, text_tower

ELSEWHERE = ("layer", "token", "projection")  # options that give vectors of another space


@dataclass(frozen=True)
class FactReader:
    """An encoder of pictures and texts, and the facts that it reads."""

    pictures: Origin
    texts: Encoder
    probes: Sequence[Probe]

    def read(self, corpus: Corpus, folder: Path, progress: Progress) -> ReadFacts:
        """Facts of the used pictures of a corpus; embeddings are kept in ``folder``.

        Raises:
            UsageError: the corpus holds no pictures, or a text is too long for the encoder.
        """
        if corpus.modality != IMAGE:
            raise UsageError("--prober reads facts from pictures, and the data hold none")
        vectors = self.pictures.vectors(corpus, folder, "reading facts", progress)
        facts = {f"{probe.fact}{READ}": self._column(probe, vectors) for probe in self.probes}
        patterns = {f"{probe.fact}{READ}": probe.pattern for probe in self.probes if probe.pattern}
        texts = {probe.fact: {name: list(some) for name, some in probe.values.items()} for probe in self.probes}
        return ReadFacts(pd.DataFrame(facts), patterns, self.pictures.uri, str(self.pictures), texts)

    def _column(self, probe: Probe, pictures: Vectors) -> pd.Categorical:
        names = list(probe.values)
        texts = [text for name in names for text in probe.values[name]]
        value = [place for place, name in enumerate(names) for _ in probe.values[name]]
        outputs = self.texts(np.array([self.texts.prepare(text) for text in texts], object))
        if outputs.truncated().any():
            text = texts[int(outputs.truncated().argmax())]
            raise UsageError(
                f"{probe.fact}: {self.pictures.uri} cannot read all of {text[:40]!r}...; give shorter texts"
            )
        best = best_values(pictures, outputs.features.cpu().numpy(), value)
        return pd.Categorical([names[place] for place in best.tolist()], categories=names)


def open_fact_reader(prober: str, probes: str | None, device: str, target: str = "") -> FactReader:
    """A reader of facts.

    Args:
        prober: URI of the tower of pictures, beside which there is one of texts.
        probes: YAML file of facts, see :mod:`failscape.data.pairs.probes`; the usual ones where omitted.
        device: where the encoder runs.
        target: URI of the encoder under study, which must be another one.

    Raises:
        UsageError: the encoder is the target, has no tower of texts or gives vectors of another space, or the file is
            not such a file.
    """
    found = load_probes(USUAL if probes is None else Path(probes))
    if prober.partition("?")[0] == target.partition("?")[0]:
        raise UsageError(f"{prober} is the target, and would read alike what it takes for alike; give another --prober")
    for option in ELSEWHERE:
        if f"{option}=" in prober.partition("?")[2]:
            raise UsageError(f"{prober}: pictures and texts meet in its last vectors; leave {option}= out")
    origin = load_origin(prober, device)
    if origin.reads != IMAGE:
        raise UsageError(f"{prober} reads no pictures; --prober takes the tower of pictures")
    return FactReader(origin, text_tower(prober, device), found)
