"""GenEval's verdicts on pictures: a detector finds objects, a CLIP names their colours, the rules decide.

Shapes: ``B`` batch, ``H, W`` picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from failscape.data.prompts.geneval import GenevalRule, classes_of
from failscape.errors import UsageError
from failscape.rewards.geneval import GenevalSettings, Verdict, colour_rows, verdicts
from failscape.targets.detectors.colours import ColourReader
from failscape.targets.detectors.detections import crops
from failscape.targets.detectors.huggingface import Detector


def judge_pictures(
    pixels: torch.Tensor,
    rules: Sequence[GenevalRule],
    detector: Detector,
    reader: ColourReader,
    settings: GenevalSettings | None = None,
) -> list[Verdict]:
    """The verdict on each picture, by one call of the detector and one of the encoder of pictures.

    Args:
        pixels: Pictures, (B, 3, H, W) uint8.
        rules: One per picture.
        detector: Knows all classes of the rules.
        reader: Of GenEval's ten colours.
        settings: Thresholds; without them those of the released code.

    Raises:
        UsageError: There is not a rule for each picture, the detector does not know a class, or either of them
            refuses the pictures.
    """
    if len(pixels) != len(rules):
        raise UsageError(f"there are {len(rules)} rules for {len(pixels)} pictures; give one for each")
    detector.check_classes(classes_of(rules))
    found = detector(pixels)
    rows = [colour_rows(rule, one, settings) for rule, one in zip(rules, found, strict=True)]
    asked = list(zip(pixels, found, rows, strict=True))
    objects = [crop for picture, one, which in asked for crop in crops(picture, one, which)]
    told = iter(reader(objects, [name for _, one, which in asked for name in one.names[which]]))
    return verdicts(rules, found, [{row: next(told) for row in which.tolist()} for which in rows], settings)
