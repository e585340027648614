import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.data.split import held_out, held_out_both, name_hash
from failscape.errors import UsageError

HASHES = [0.253794, 0.517376, 0.284369, 0.799796, 0.871278]  # blake2b of 8 bytes, as a fraction of 2**64
NAMES = st.lists(st.text(max_size=20), max_size=30, unique=True)


@given(NAMES, st.randoms(use_true_random=False))
def test_each_name_is_decided_alone(names, random):
    decided = dict(zip(names, held_out(names).tolist(), strict=True))
    assert decided == {name: bool(held_out([name])[0]) for name in names}
    shuffled = random.sample(names, len(names))
    assert held_out(shuffled).tolist() == [decided[name] for name in shuffled]


@given(NAMES, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_the_same_and_more(names, one, other):
    smaller, larger = sorted([one, other])
    assert not (held_out(names, smaller) & ~held_out(names, larger)).any()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_share_is_near_the_one_asked_for(share):
    held = held_out([f"cat/{index:04d}.jpg" for index in range(5000)], share)
    assert abs(held.mean() - share) < 4 * np.sqrt(share * (1 - share) / 5000)


def test_the_split_is_the_same_in_every_version():
    names = ["a", "b", "cat/0001.jpg", "straße/ü.png", "\udcff.png"]
    assert [round(name_hash(name), 6) for name in names] == HASHES
    assert held_out(names, 0.5).tolist() == [number < 0.5 for number in HASHES]


def test_all_or_none():
    assert held_out(["a", "b"], 1.0).all() and not held_out(["a", "b"], 0.0).any()
    assert held_out([], 0.2).shape == (0,)


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_out_of_range(share):
    with pytest.raises(UsageError, match="from 0 to 1"):
        held_out(["a"], share)


@given(st.lists(st.text(max_size=5), min_size=2, max_size=6, unique=True), st.sampled_from([0.001, 0.2, 0.999]))
def test_a_handful_has_one_on_either_side(names, share):
    held = held_out_both(names, share)
    assert held.any() and not held.all()
    alone = held_out(names, share)
    assert (held == alone).all() if alone.any() and not alone.all() else (held != alone).sum() == 1


def test_one_item_and_the_extremes_stay_as_they_are():
    assert not held_out_both(["a", "b"], 0.0).any() and held_out_both(["a", "b"], 1.0).all()
    assert (held_out_both(["a"], 0.2) == held_out(["a"], 0.2)).all()
