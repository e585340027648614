"""Facts by regions equal counting by hand."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.pairs.by_region import by_region


def test_shares_are_those_of_counting() -> None:
    rng = np.random.default_rng(0)
    n = 60
    facts = pd.DataFrame({name: pd.Categorical(rng.integers(0, 3, n)) for name in ("side", "letter", "same")})
    facts.loc[:9, "letter"] = None
    facts["same"] = pd.Categorical(["always"] * n)
    pairs = pd.DataFrame({"first": rng.integers(0, 30, 200), "second": rng.integers(30, n, 200)})
    region, sampled = rng.integers(0, 3, n), np.arange(0, n, 2)
    found = by_region(pairs, facts, {"side": "position"}, region, sampled, ("a", "b", "c"))
    assert [(row.fact, row.pattern) for row in found.rows] == [("side", "position"), ("letter", "")]
    for row in found.rows:
        value = facts[row.fact].tolist()
        for place in range(3):
            own = [pair for pair in pairs.to_numpy().tolist() if region[pair[0]] == place]
            known = [(a, b) for a, b in own if pd.notna(value[a]) and pd.notna(value[b])]
            assert found.n_pairs[place] == len(own) and row.of[place] == len(known)
            assert row.differs[place] == sum(value[a] != value[b] for a, b in known)
            there = [value[item] for item in sampled if region[item] == place and pd.notna(value[item])]
            every = [a != b for a, b in combinations(there, 2)]
            assert row.random[place] == pytest.approx(np.mean(every))
    assert sum(found.rows[1].of) < len(pairs)


def test_a_region_without_items_has_no_rate() -> None:
    facts = pd.DataFrame({"side": pd.Categorical(["left", "right", "left"])})
    pairs = pd.DataFrame({"first": [0, 0], "second": [1, 2]})
    found = by_region(pairs, facts, {}, np.zeros(3, int), np.arange(3), ("a", "b"))
    assert found.n_pairs == (2, 0) and found.rows[0].differs == (1, 0) and np.isnan(found.rows[0].random[1])
