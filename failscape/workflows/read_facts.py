"""Facts that a CLIP reads from pictures by texts: which of the values of each fits a picture best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.data.pairs.corpus import IMAGE, Corpus, ReadFacts
from failscape.data.pairs.probes import USUAL, Probe, load_probes
from failscape.errors import UsageError
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.mining.similarity import Vectors
from failscape.targets.encoders.zero_shot import best_values
from failscape.workflows.vector_origins import Origin, Progress, load_origin, text_tower


@dataclass(frozen=True)
class FactReader:
    """An encoder of pictures and texts, and the facts that it reads."""

    pictures: Origin
    texts: Encoder
    probes: Sequence[Probe]

    def read(self, corpus: Corpus, folder: Path, progress: Progress) -> ReadFacts:
        """Facts of the used pictures of a corpus; embeddings are kept in ``folder``.

        Raises:
            UsageError: the corpus holds no pictures, or a fact is known already.
        """
        if corpus.modality != IMAGE:
            raise UsageError("--prober reads facts from pictures, and the data hold none")
        for probe in self.probes:
            if probe.fact in corpus.facts.columns:
                raise UsageError(f"{probe.fact} is known of the data already; call it something else in --probes")
        vectors = self.pictures.vectors(corpus, folder, "reading facts", progress)
        facts = {probe.fact: self._column(probe, vectors) for probe in self.probes}
        patterns = {probe.fact: probe.pattern for probe in self.probes if probe.pattern}
        return ReadFacts(pd.DataFrame(facts), patterns, self.pictures.uri)

    def _column(self, probe: Probe, pictures: Vectors) -> pd.Categorical:
        names = list(probe.values)
        texts = [text for name in names for text in probe.values[name]]
        value = [place for place, name in enumerate(names) for _ in probe.values[name]]
        vectors = self.texts(np.array([self.texts.prepare(text) for text in texts], object)).features
        best = best_values(pictures, vectors.cpu().numpy(), value)
        return pd.Categorical([names[place] for place in best.tolist()], categories=names)


def open_fact_reader(prober: str, probes: str | Path | None, device: str) -> FactReader:
    """A reader of facts.

    Args:
        prober: URI of the tower of pictures, beside which there is one of texts.
        probes: YAML file of facts, see :mod:`failscape.data.pairs.probes`; the usual ones where omitted.
        device: where the encoder runs.

    Raises:
        UsageError: the encoder has no tower of texts, or the file is not such a file.
    """
    found = load_probes(Path(probes) if probes else USUAL)
    origin = load_origin(prober, device)
    if origin.reads != IMAGE:
        raise UsageError(f"{prober} reads no pictures; --prober takes the tower of pictures")
    return FactReader(origin, text_tower(prober, device), found)
