"""Cases: failures of one kind of one mode, the commonest first, with keys that stay."""

import numpy as np
import pandas as pd

from failscape.concepts import concept_space
from failscape.feedback.cases import PER_CASE, PER_MODE, Features, make_cases
from failscape.records.probe_arrays import points_of

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.5"])
RNG = np.random.default_rng(0)
REFERENCES = np.repeat([0, 1, 2], 20)
FEATURES = Features(RNG.standard_normal((60, 5)), RNG.standard_normal((4, 3)), REFERENCES, SPACE)


def failures(kinds: dict[tuple[int, int], int]) -> pd.DataFrame:
    """So many failures of each true and answered class, mixed; the index is the probe's number."""
    rows = [(truth, said) for (truth, said), n in kinds.items() for _ in range(n)]
    rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    frame = pd.DataFrame(rows, columns=["group", "predicted"], index=pd.RangeIndex(100, 100 + len(rows)))
    items = [20 * truth + i % 20 for i, truth in enumerate(frame["group"])]
    return frame.assign(item=items, levels=[(i % 3, i % 2) for i in range(len(rows))])


def test_a_case_is_of_one_kind_and_common_kinds_come_first() -> None:
    table = failures({(0, 1): 7, (2, 1): 2, (1, 3): 4})
    cases = make_cases("a mode", table, FEATURES)
    kinds = [set(map(tuple, table.loc[list(c.probes), ["group", "predicted"]].to_numpy())) for c in cases]
    assert [len(kind) for kind in kinds] == [1] * len(cases)
    assert [next(iter(kind)) for kind in kinds][:4] == [(0, 1), (1, 3), (2, 1), (0, 1)]
    assert sorted(number for case in cases for number in case.probes) == list(table.index)
    assert max(len(case.probes) for case in cases) == PER_CASE


def test_a_mode_has_so_many_cases_at_most() -> None:
    cases = make_cases("a mode", failures({(t, s): 12 for t in range(3) for s in range(4) if s != t}), FEATURES)
    assert len(cases) == PER_MODE == len({case.key for case in cases})


def test_keys_are_of_the_mode_and_its_probes() -> None:
    table = failures({(0, 1): 5})
    once, again, other = (make_cases(name, table, FEATURES) for name in ("a", "a", "b"))
    assert [case.key for case in once] == [case.key for case in again]
    assert not {case.key for case in once} & {case.key for case in other}


def test_features_are_the_mean_of_the_failures() -> None:
    table = failures({(0, 1): 3})
    (case,) = make_cases("a mode", table, FEATURES)
    points = points_of(table)
    rows = FEATURES(table["item"].to_numpy(), points, table["predicted"].to_numpy())
    np.testing.assert_allclose(case.features, rows.mean(axis=0))
    assert rows.shape == (3, sum(FEATURES.sizes)) and FEATURES.sizes == (5, 3, 3, 2)
    np.testing.assert_array_equal(rows[:, 5:8], np.tile(FEATURES.classes[0], (3, 1)))
    np.testing.assert_array_equal(rows[:, 8:11], np.tile(FEATURES.classes[1], (3, 1)))


def test_no_part_is_louder_for_being_longer() -> None:
    lengths = [(part**2).sum(axis=1).mean() for part in (FEATURES.items, FEATURES.classes)]
    np.testing.assert_allclose(lengths, 1)
    silent = Features(np.zeros((60, 5)), np.zeros((4, 3)), REFERENCES, SPACE)
    assert not silent.items.any() and not silent.classes.any()


def test_a_slice_is_no_edit() -> None:
    space = concept_space(["class", "rotation=-10,0,10"], {"a": 0, "b": 1, "c": 2})
    features = Features(np.ones((60, 2)), np.ones((4, 2)), REFERENCES, space)
    assert features.sizes[-1] == 1
    assert features.edits(np.array([[0, 2], [2, 2]])).tolist() == [[1.0], [1.0]]
