"""Explorations of the toy make the same probes as before; ``benchmarks/pinned.py`` compares all pinned runs in full."""

import pytest

from benchmarks.pinned import PINS, RUNS, make, read


@pytest.mark.parametrize("name", ["toy-random-0", "toy-fsrl"])
def test_a_pinned_run_makes_the_same_probes(name: str) -> None:
    (pin,) = (pin for pin in RUNS if pin.name == name)
    found, known = make(pin)["probes"], read(PINS / f"{name}.json.gz")["probes"]
    assert found == known
