"""Patterns by regions equal counting by hand."""

import numpy as np
import pandas as pd

from failscape.analysis.pairs.by_region import by_region


def test_shares_are_those_of_counting() -> None:
    rng = np.random.default_rng(0)
    n = 60
    facts = pd.DataFrame({name: pd.Categorical(rng.integers(0, 2, n)) for name in ("facing", "side", "letter")})
    facts.loc[:9, "letter"] = None
    pairs = pd.DataFrame({"first": rng.integers(0, 30, 200), "second": rng.integers(30, n, 200)})
    region = rng.integers(0, 3, n)
    found = by_region(pairs, facts, {"facing": "position", "side": "position"}, region, ("a", "b", "c"))
    assert [row.n_pairs for row in found.rows] == sorted((row.n_pairs for row in found.rows), reverse=True)
    rows = {row.name: row for row in found.rows}
    assert rows["position"].facts == ("facing", "side") and rows["letter"].facts == ("letter",)
    for place in range(3):
        own = [pair for pair in pairs.to_numpy().tolist() if region[pair[0]] == place]
        assert found.n_pairs[place] == rows["position"].of[place] == len(own)
        for name, members in (("position", ["facing", "side"]), ("letter", ["letter"])):
            known = [p for p in own if any(pd.notna(facts[m][p[0]]) and pd.notna(facts[m][p[1]]) for m in members)]
            apart = [p for p in known if any(facts[m][p[0]] != facts[m][p[1]] for m in members)]
            assert (rows[name].of[place], rows[name].differs[place]) == (len(known), len(apart))
    assert sum(rows["letter"].of) < len(pairs)
