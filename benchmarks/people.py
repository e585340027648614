"""People as judges of each other: one person's answers beside the majority of the other four.

The file is ``geneval_people_sdv2.csv``: five answers to each of 400 images, a row each. A picture fails where the first
object that its prompt asks for is there fewer times than asked. Half of the images is the labelled sample, the other
half is judged; images on which four people are divided two against two are left out. Which row is whose, the file does
not say: a "person" is a place in the order of the rows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from failscape.analysis.statistics.judge_error import confusion, corrected_rates

ASKED = {"two": 2, "three": 3, "four": 4}  # the third word after "a photo of"
FILE = "geneval_people_sdv2.csv"
PEOPLE, HALVES, SEED = 5, 40, 5


def failures(answers: Path) -> np.ndarray:
    """Whether each person sees too few of the object, ``(images, 5)`` bool."""
    read = pd.read_csv(answers / FILE)
    asked = read["caption"].str.split().str[3].map(ASKED).fillna(1)
    return (read["count-0"] < asked).to_numpy().reshape(-1, PEOPLE)


def people(answers: Path) -> dict[str, float] | str:
    """Figures over halves and people, each person a judge in turn; a line where the file is not there."""
    if not (answers / FILE).is_file():
        return f"no {FILE} in {answers}: --answers names another folder"
    failed, rng = failures(answers), np.random.default_rng(SEED)
    halves = [rng.permutation(len(failed)) < len(failed) // 2 for _ in range(HALVES)]
    each = [of_one(failed, person, half) for person in range(PEOPLE) for half in halves]
    return pd.DataFrame(each).mean().to_dict() | {"halves": HALVES, "people": PEOPLE}


def of_one(failed: np.ndarray, person: int, half: np.ndarray) -> dict[str, float]:
    """The errors of one person in the labelled ``half``, and the rate in the other one, raw and corrected."""
    others = np.delete(failed, person, axis=1).sum(axis=1)
    true, judged = (others > 2).astype(int), failed[:, person].astype(int)
    labelled, rest = half & (others != 2), ~half & (others != 2)  # two against two is no truth
    found = confusion(true[labelled], judged[labelled], 2)
    corrected = corrected_rates(np.array([judged[rest].sum()]), np.array([rest.sum()]), found)
    majority = float(true[rest].mean())
    return {
        "misses": float(found.shares[1, 0]),
        "false alarms": float(found.shares[0, 1]),
        "raw": float(corrected.raw[0]),
        "corrected": float(corrected.share[0]),
        "low": float(corrected.low[0]),
        "high": float(corrected.high[0]),
        "majority": majority,
        "raw interval holds majority": float(corrected.raw_low[0] <= majority <= corrected.raw_high[0]),
        "corrected interval holds majority": float(corrected.low[0] <= majority <= corrected.high[0]),
    }
