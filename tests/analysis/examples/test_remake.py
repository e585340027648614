"""Which failures are shown, and that their pictures are the ones the target saw."""

import numpy as np
import pandas as pd
import pytest
import torch

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.image_example import to_hwc
from failscape.analysis.examples.registry import examples_of, worst_examples
from failscape.analysis.examples.selection import choose
from failscape.analysis.landscape.landscape import Landscape
from failscape.concepts import concept_space
from failscape.data.base import Items
from failscape.data.batch import Images

SPACE = concept_space(["rotation=0,90", "darken=0,0.5,1"])
NAMES = ("cat", "dog")


def context(data: Items) -> ExampleContext:
    return ExampleContext(data, SPACE, NAMES, NAMES)


@pytest.fixture
def data() -> Items:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randint(0, 256, (4, 3, 6, 6), dtype=torch.uint8, generator=generator)
    labels = np.array([0, 1, 0, 1])
    return Items(Images(inputs, torch.from_numpy(labels)), labels, ("a", "b", "c", "d"), np.zeros(4, bool), NAMES)


@pytest.fixture
def items() -> pd.DataFrame:
    """Item 2 is wrong without any edit."""
    return pd.DataFrame(
        {"group": [0, 1, 0, 1], "predicted": [0, 1, 1, 1], "failed": [False, False, True, False], "output_text": ""},
        index=pd.RangeIndex(4, name="item"),
    )


def table(rows: list[tuple[int, int, bool, float]]) -> pd.DataFrame:
    """Probes of ``(item, point, failed, severity)``."""
    frame = pd.DataFrame(rows, columns=["item", "point", "failed", "severity"])
    points = SPACE.point(frame["point"].to_numpy())
    return frame.assign(
        levels=[tuple(point) for point in points.tolist()],
        name=[f"name-{item}" for item in frame["item"]],
        group=frame["item"] % 2,
        predicted=np.where(frame["failed"], 1 - frame["item"] % 2, frame["item"] % 2),
        confidence=0.75,
        output_text="",
        propensity=1 / 6,
        cached=False,
    )


def test_the_edit_is_to_blame_before_the_item_is(items: pd.DataFrame) -> None:
    probes = table([(2, 5, True, 0.99), (0, 5, True, 0.6), (1, 5, True, 0.8), (3, 5, False, 0.1)])
    assert choose(probes, items, [5])["item"].tolist() == [1, 0, 2]


def test_an_item_is_shown_once_per_point_and_points_keep_their_order(items: pd.DataFrame) -> None:
    rows = [(0, 3, True, 0.7), (0, 3, True, 0.7), (1, 3, True, 0.6), (0, 5, True, 0.9), (1, 4, True, 0.9)]
    chosen = choose(table(rows), items, [5, 3], per_point=6)
    assert chosen[["point", "item"]].to_numpy().tolist() == [[5, 0], [3, 0], [3, 1]]
    assert chosen.index.tolist() == [3, 0, 2]  # the probe's number in the run
    assert len(choose(table(rows), items, [5, 3], per_point=1)) == 2


def test_without_failures_there_is_nothing_to_show(items: pd.DataFrame, data: Items) -> None:
    chosen = choose(table([(0, 3, False, 0.1)]), items, [3])
    assert chosen.empty and not examples_of(chosen, items, context(data))


def test_an_example_is_the_probe_made_again(items: pd.DataFrame, data: Items) -> None:
    probes = table([(3, 0, False, 0.1), (0, 5, True, 0.9), (2, 4, True, 0.8)])
    shown = examples_of(probes.iloc[1:], items, context(data))
    first, second = shown
    assert (first.probe, first.name, first.point, first.edit) == (1, "name-0", 5, "rotation 90°, darken 1")
    assert (first.group, first.answer_before, first.answer, first.failed) == ("cat", "cat", "dog", True)
    assert first.score == 0.75 and second.answer_before == "dog"
    np.testing.assert_array_equal(first.before, data.batch.pixels[0].permute(1, 2, 0).numpy())
    assert not first.after.any()  # darken 1
    turned = np.rot90(second.before.astype(float))
    np.testing.assert_allclose(second.after, turned / 2, atol=0.5)


def test_the_worst_points_are_shown_first(items: pd.DataFrame, data: Items) -> None:
    rows = [(i, 0, i == 0, 0.5) for i in range(4)] + [(i, 5, True, 0.9) for i in range(4)]
    probes = table(rows)
    shown = worst_examples(Landscape.from_probes(probes, SPACE), probes, items, context(data), n_points=2, per_point=2)
    assert [example.point for example in shown] == [5, 5, 0]


def test_pictures_are_height_width_colour(data: Items) -> None:
    pictures = to_hwc(data.batch.pixels)
    assert pictures.shape == (4, 6, 6, 3) and pictures.dtype == np.uint8 and pictures.flags.c_contiguous
    np.testing.assert_array_equal(pictures[1, 2, 3], data.batch.pixels[1, :, 2, 3].numpy())
