"""Strips show each concept alone, at its levels."""

import numpy as np
import torch

from failscape.analysis.examples.image_example import to_hwc
from failscape.analysis.examples.image_levels import concept_strips
from failscape.analysis.examples.levels import meaning
from failscape.concepts.parsing import concept_space
from failscape.data.batch import Images

IMAGES = Images(
    torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 16, 16), dtype=np.uint8)),
    torch.zeros(2, dtype=torch.int64),
)


def test_a_strip_per_concept_with_units():
    strips = concept_strips(IMAGES, concept_space("fsrl"))
    assert [strip.concept for strip in strips] == ["rotation", "darken", "saturation"]
    assert strips[0].labels == ("unedited", *(f"rotation {angle}°" for angle in (-10, -5, 0, 5, 10)))
    assert strips[0].pictures.shape == (6, 16, 16, 3)
    assert strips[0].unit == "deg"


def test_pictures_are_the_edits_of_that_concept_alone():
    space = concept_space("fsrl")
    rotation, darken, _ = concept_strips(IMAGES, space)
    np.testing.assert_array_equal(rotation.pictures[0], to_hwc(IMAGES.pixels[:1])[0])
    np.testing.assert_array_equal(rotation.pictures[3], rotation.pictures[0])  # rotation by 0 changes nothing
    expected = space.concepts[1].apply(IMAGES.pixels[1:2], np.array([0.5]))
    np.testing.assert_array_equal(darken.pictures[-1], to_hwc(expected)[0])


def test_long_concepts_are_thinned_to_their_ends():
    (strip,) = concept_strips(IMAGES, concept_space([f"rotation={','.join(map(str, range(-30, 31)))}"]))
    assert len(strip.labels) == 11  # ten, beside the unedited
    assert strip.labels[1] == "rotation -30°" and strip.labels[-1] == "rotation 30°"
    assert strip.n_levels == 61


def test_meaning_is_the_docstring():
    rotation, darken, _ = concept_space("fsrl").concepts
    assert meaning(rotation) == (
        "Rotation about the image's centre [deg], counter-clockwise. 0 changes nothing. "
        "Made with interpolation nearest, fill black."
    )
    assert meaning(darken).startswith("Share of the light taken away")
    assert "`" not in meaning(darken)
