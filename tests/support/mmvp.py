"""A reader of MMVP's layout, as its evaluation reads it: by the headings, and pictures by the number of the line."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image


class Line(NamedTuple):
    question: str
    a: str
    b: str
    answer: str
    picture: np.ndarray


def read_mmvp(folder: Path) -> list[Line]:
    table = pd.read_csv(folder / "Questions.csv", keep_default_na=False)
    lines = []
    for index, row in table.iterrows():
        found = re.fullmatch(r"\(a\) (.*) \(b\) (.*)", row["Options"])
        assert found and row["Index"] == index + 1
        picture = np.asarray(Image.open(folder / "MMVP Images" / f"{index + 1}.jpg"))
        lines.append(Line(row["Question"], found[1], found[2], row["Correct Answer"], picture))
    return lines
