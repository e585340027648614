"""Writes the cards of the encoders and judges of traffic scenes: what they are, how they learned, and their gates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import NamedTuple

from zoo.gates import Gate

CARD = Template((Path(__file__).parent / "world_card.md").read_text(encoding="utf-8"))
GATES = "gates.json"


class Recipe(NamedTuple):
    """How a checkpoint came to be, in words and numbers."""

    about: str  # what it is, in sentences
    use: str  # a code block
    recipe: str  # what it learned from, in sentences
    command: str
    steps: int
    seed: int
    hours: float
    library: str = "transformers"  # which reads it


def write_card(folder: Path, recipe: Recipe, gates: Sequence[Gate], untrained: Sequence[Gate]) -> None:
    """Writes ``README.md`` for people and ``gates.json`` for tests into the folder of a checkpoint."""
    null = {gate.name: gate.value for gate in untrained}
    missed = [gate.name for gate in gates if not gate.met]
    verdict = f"Missed: {', '.join(missed)}." if missed else "All are met."
    text = CARD.substitute(
        recipe._asdict() | {"hours": f"{recipe.hours:.1f}"},
        name=folder.name,
        verdict=verdict,
        rows="\n".join(_row(gate, null[gate.name]) for gate in gates),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    figures = {gate.name: {**gate._asdict(), "untrained": null[gate.name]} for gate in gates}
    (folder / GATES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def read_gates(folder: Path) -> list[Gate]:
    """The gates as the card of a checkpoint says them."""
    figures = json.loads((folder / GATES).read_text(encoding="utf-8"))
    return [Gate(name, row["value"], row["goal"], row["at_most"]) for name, row in figures.items()]


def _row(gate: Gate, untrained: float) -> str:
    goal, met = f"{'≤' if gate.at_most else '≥'} {gate.goal:g}", "yes" if gate.met else "**no**"
    return f"| {gate.name} | {gate.value:.3f} | {untrained:.3f} | {goal} | {met} |"
