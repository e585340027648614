"""From pictures to verdicts, with a detector and a reader of colours that see coloured squares as they are."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from failscape.data.prompts.geneval import GenevalRule, Included, Relation
from failscape.errors import UsageError
from failscape.rewards.geneval_pictures import judge_pictures
from failscape.targets.detectors.detections import Detections

RGB = {"red": (255, 0, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
RED_COW = Included("cow", 1, "red")
BLUE_DOG = Included("dog", 1, "blue", Relation("left of", 0))
RULE = GenevalRule("position", "a blue dog left of a red cow", (RED_COW, BLUE_DOG))


def picture(cow, dog):
    """A cow on the right, a dog on the left, squares of a colour each, on white."""
    pixels = torch.full((3, 60, 100), 255, dtype=torch.uint8)
    for left, colour in ((70, cow), (10, dog)):
        pixels[:, 20:40, left : left + 20] = torch.tensor(RGB[colour], dtype=torch.uint8)[:, None, None]
    return pixels


class Finder:
    """Finds both squares in every picture."""

    def check_classes(self, names):
        assert set(names) <= {"cow", "dog"}

    def __call__(self, pixels):
        boxes = np.array([[70.0, 20, 90, 40], [10.0, 20, 30, 40]])
        return [Detections(np.array(["cow", "dog"], object), np.array([0.9, 0.8]), boxes) for _ in pixels]


def colour_of(crops, names):
    assert len(crops) == len(names)
    return [next(name for name, rgb in RGB.items() if rgb == crop.getpixel((5, 5))) for crop in crops]


def test_each_picture_is_judged_by_its_own_rule():
    pixels = torch.stack([picture("red", "blue"), picture("blue", "red"), picture("red", "red")])
    plain = GenevalRule("two_object", "a cow and a dog", (Included("cow", 1), Included("dog", 1)))
    told = judge_pictures(pixels, [RULE, RULE, plain], Finder(), colour_of)
    assert [one.correct for one in told] == [True, False, True]
    assert told[1].reasons == ("cow wanted red: 1 blue found", "dog wanted blue: 1 red found")


def test_no_picture_has_no_verdict_and_numbers_must_agree():
    assert judge_pictures(torch.zeros(0, 3, 60, 100, dtype=torch.uint8), [], Finder(), colour_of) == []
    with pytest.raises(UsageError, match="1 rules for 2 pictures"):
        judge_pictures(torch.zeros(2, 3, 60, 100, dtype=torch.uint8), [RULE], Finder(), colour_of)


def test_classes_that_the_detector_does_not_know_are_refused_before_it_is_asked():
    def refuse(names):
        raise UsageError(f"cannot find {names}")

    with pytest.raises(UsageError, match="cannot find"):
        judge_pictures(picture("red", "red")[None], [RULE], SimpleNamespace(check_classes=refuse), colour_of)
