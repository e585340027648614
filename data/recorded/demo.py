"""A small table to try things on: made-up answers of two made-up models about drawings of lines.

Model ``a`` fails where lines cross once, and more where it is asked to count; model ``b`` fails where lines are thin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from failscape.data.tables.table import Line, Table

NAME = "demo:"
OPTIONS = {"failed": "correct:0", "item": "drawing", "where": "model:a"}
CONCEPTS = ("crossings", "width", "prompt")
COLUMNS = ["model", "drawing", "crossings", "width", "prompt", "answer", "correct"]
N_DRAWINGS = 90


def demo_table() -> Table:
    """Ninety drawings in two widths, asked about in two ways, by two models."""
    rows = list(_rows(np.random.default_rng(0)))

    def lines(used: Sequence[str]) -> Iterator[Line]:
        for number, row in enumerate(rows, start=2):
            yield f"{number:06d}", dict(zip(COLUMNS, row, strict=True))

    return Table(COLUMNS, lines)


def _rows(rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    hard = rng.normal(0, 0.12, N_DRAWINGS)
    for drawing in range(N_DRAWINGS):
        crossings = drawing % 3
        for width in (2, 4):
            for prompt in ("count", "how many"):
                a = 0.25 + 0.4 * (crossings == 1) + 0.15 * (prompt == "count")
                b = 0.15 + 0.45 * (width == 2)
                for model, chance in (("a", a), ("b", b)):
                    failed = rng.random() < np.clip(chance + hard[drawing], 0, 1)
                    said = crossings + (1 if crossings < 2 else -1) * int(failed)
                    row = (model, drawing, crossings, width, prompt, said, int(not failed))
                    yield tuple(str(value) for value in row)
