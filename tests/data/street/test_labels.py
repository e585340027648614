"""What is said of turned and mirrored signs, against the signs drawn and edited."""

import functools

import numpy as np
import pytest
import torch

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.concepts.images.geometry import Flip
from failscape.concepts.images.rotation import Rotation
from failscape.concepts.label_table import LabelTable
from failscape.concepts.parsing import concept_space
from failscape.data.images.open import open_source
from failscape.data.street import SIGNS, StreetSource
from failscape.data.street.factors import RANGES
from failscape.data.street.labels import LEAN, street_labels
from failscape.data.street.signs import DIRECTIONS, faces

GROUND = 110
ALIKE = 12  # root mean square [levels] between a face that was turned and the same one painted so
ANGLES = np.arange(-180.0, 181.0, 2.0)
NEAR = 6.0  # [deg]


@functools.cache
def painted() -> torch.Tensor:
    """All faces on grey ground, ``(16, 3, 64, 64)``."""
    stacked = np.stack([faces(sign)[2] for sign in SIGNS]).astype(float)
    on_grey = stacked[..., :3] + (1 - stacked[..., 3:] / 255) * GROUND
    return torch.from_numpy(on_grey.round().astype(np.uint8)).permute(0, 3, 1, 2).contiguous()


def look_alike(edited: torch.Tensor) -> np.ndarray:
    """Which face each picture ``(B, ...)`` is, -1 where none: ``(B,)``."""
    # The corners that open are black; every face lies within a disc about the middle.
    y, x = np.mgrid[:64, :64] - 31.5
    disc = torch.from_numpy(np.hypot(y, x) < 30)
    pixels, known = (pictures[..., disc].flatten(1).float() for pictures in (edited, painted()))
    apart = torch.cdist(pixels, known).numpy() / np.sqrt(known.shape[1])
    return np.where(apart.min(axis=1) < ALIKE, apart.argmin(axis=1), -1)


def said(concept: str, strength: float) -> np.ndarray:
    """The class that the rules make of each at one strength, -1 for none: ``(16,)``."""
    (one,) = concept_space([f"{concept}={strength:.10g}"]).concepts
    table = LabelTable(street_labels(), [*range(16)], None, [one], [concept])
    return table.right_answers(np.zeros((16, 1), int), np.arange(16))


def test_no_turned_sign_looks_like_another_but_those_that_are_said_to() -> None:
    drawn = np.stack([look_alike(Rotation().apply(painted(), np.full(16, angle))) for angle in ANGLES])
    told = np.stack([said("rotation", angle) for angle in ANGLES])
    another = (drawn >= 0) & (drawn != np.arange(16))
    np.testing.assert_array_equal(told[another], drawn[another])
    assert len(np.unique(np.argwhere(another)[:, 1])) == len(DIRECTIONS)
    for angle, label in np.argwhere((told >= 0) & (told != np.arange(16))):
        near = np.abs((ANGLES - ANGLES[angle] + 180) % 360 - 180) <= NEAR  # turned a little further, it is the other
        assert told[angle, label] in drawn[near, label], (SIGNS[label], ANGLES[angle])


def test_an_arrow_keeps_its_meaning_while_its_direction_is_the_nearest() -> None:
    directions = np.array(list(DIRECTIONS.values()))
    for sign, direction in DIRECTIONS.items():
        for angle in np.arange(-179.5, 180, 3.0):
            for lean in (-LEAN, LEAN):
                away = np.abs((direction + lean - angle - directions + 180) % 360 - 180)
                if said("rotation", angle)[SIGNS.index(sign)] == SIGNS.index(sign):
                    assert list(DIRECTIONS)[away.argmin()] == sign, (sign, angle)


def test_the_demos_angles() -> None:
    straight, left, right = (SIGNS.index(name) for name in ("straight", "bear-left", "bear-right"))
    for angle in (-5, 0, 5):
        assert said("rotation", angle).tolist() == [*range(16)]
    lost = {angle: np.flatnonzero(said("rotation", angle) == INVALID).tolist() for angle in (-10, 10)}
    assert lost == {-10: [straight, left], 10: [straight, right]}
    assert said("rotation", 16)[right] == straight and said("rotation", -16)[straight] == right
    assert (
        said("rotation", 180)[SIGNS.index("turn-left")] == said("rotation", -90)[straight] == SIGNS.index("turn-right")
    )


def test_a_mirrored_sign_is_what_it_looks_like_and_no_sign_where_it_looks_like_none() -> None:
    drawn = look_alike(Flip().apply(painted(), np.ones(16)))
    np.testing.assert_array_equal(said("flip", 1), drawn)
    assert SIGNS[drawn[SIGNS.index("bend-left")]] == "bend-right" and drawn[SIGNS.index("yield")] == SIGNS.index(
        "yield"
    )
    assert drawn[SIGNS.index("speed-50")] == INVALID
    np.testing.assert_array_equal(said("flip", 0.4), np.arange(16))


def test_no_two_signs_differ_in_colour_alone() -> None:
    """Their outlines and figures differ: the brightest channel's edges tell each two apart, whatever the hue."""
    grey = painted().float().mean(dim=1)
    edges = [torch.cat([face.diff(dim=d).abs().flatten() for d in (0, 1)]) for face in grey]
    for i, one in enumerate(edges):
        for other in edges[i + 1 :]:
            assert torch.corrcoef(torch.stack([one, other]))[0, 1] < 0.95
    assert all((said("hue", turn) == np.arange(16)).all() for turn in (-0.5, 0.1, 0.5))


@pytest.mark.parametrize(
    ("concept", "keeps", "loses"),
    [
        ("zoom", (0.5, 2, 2.7), (2.8, 10)),
        ("shift_x", (-0.3, 0.3), (-0.33, 0.33)),
        ("shift_y", (-0.3, 0.5), (-0.35, 0.51)),
    ],
)
def test_a_sign_whose_middle_can_leave_the_picture_says_nothing(concept: str, keeps: tuple, loses: tuple) -> None:
    assert RANGES["x"] == (0.32, 0.68) and RANGES["y"] == (0.34, 0.5)
    assert all((said(concept, s) == np.arange(16)).all() for s in keeps)
    assert all((said(concept, s) == INVALID).all() for s in loses)


def test_facts_follow_the_classes_of_a_target_that_knows_fewer() -> None:
    fewer = ["turn-right", "bear-right", "yield", "straight"]
    source = open_source("street:?n=40", fewer, only_matching=True)
    space = concept_space(["flip"]).with_labels(source.label_rules, [*range(4)])
    right = space.labels.right_answers(np.ones((4, 1), int), np.arange(4))
    assert right.tolist() == [INVALID, INVALID, 2, 3]  # the target knows no turn-left and no bear-left
    assert LabelRule("flip", 0.5, 1, EVERY, INVALID) in source.label_rules
    assert any(rule.becomes == KEPT for rule in source.label_rules)


def test_a_source_that_knows_nothing_says_nothing(tmp_path) -> None:
    StreetSource(n=1).load(0).save((tmp_path / "cat").mkdir() or tmp_path / "cat" / "a.png")
    assert open_source(tmp_path, ["cat", "dog"]).label_rules == ()
