"""Cards say what gates are: the table of a card is its file of gates, and the slow tier measures them again."""

import json
from pathlib import Path

import pytest

from zoo.gates import Gate
from zoo.world_cards import GATES, Recipe, read_gates, write_card
from zoo.world_checkpoints import CHECKPOINTS, folder_of, trained

TOLERANCE = 0.01  # other processors and versions of a library move some scenes of 2,000


def test_a_card_names_what_is_missed(tmp_path: Path) -> None:
    gates = [Gate("seen", 0.97, 0.95), Gate("blind", 0.7, 0.6, at_most=True)]
    recipe = Recipe("What it is.", "code", "Scenes.", "python -m zoo.x", 10, 0, 1.25)
    write_card(tmp_path, recipe, gates, [Gate("seen", 0.5, 0.95), Gate("blind", 0.5, 0.6, at_most=True)])
    text = (tmp_path / "README.md").read_text()
    assert "Missed: blind." in text and "| blind | 0.700 | 0.500 | ≤ 0.6 | **no** |" in text
    assert "| seen | 0.970 | 0.500 | ≥ 0.95 | yes |" in text and "1.2 hours" in text
    assert read_gates(tmp_path) == gates


@pytest.mark.parametrize("name", trained())
def test_the_table_of_a_card_is_its_gates(name: str) -> None:
    folder = folder_of(name)
    text = (folder / "README.md").read_text()
    figures = json.loads((folder / GATES).read_text())
    for gate in read_gates(folder):
        untrained = figures[gate.name]["untrained"]
        assert f"| {gate.name} | {gate.value:.3f} | {untrained:.3f} |" in text
        assert gate.met or gate.name in text.split("Missed: ")[1].split(".\n")[0]
    assert "$" not in text


@pytest.mark.slow
@pytest.mark.parametrize("name", trained())
def test_gates_are_what_the_card_says(name: str) -> None:
    folder = folder_of(name)
    measured = CHECKPOINTS[name].trained(folder)
    said = read_gates(folder)
    assert [gate.name for gate in measured] == [gate.name for gate in said]
    for now, then in zip(measured, said, strict=True):
        assert now.value == pytest.approx(then.value, abs=TOLERANCE), now.name
