"""What a detector finds in one picture.

Shapes: ``D`` detections, ``H, W`` picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from failscape.errors import UsageError

BACKGROUND = np.uint8(0x99)  # of each channel: what GenEval puts in place of all that a mask leaves out


class Detections(NamedTuple):
    """Found objects as columns with a row each, in any order."""

    names: np.ndarray  # (D,) object of str, classes
    confidences: np.ndarray  # (D,) float64 in [0, 1]
    boxes: np.ndarray  # (D, 4) float64 left, top, right, bottom [px]
    masks: np.ndarray | None = None  # (D, H, W) bool, True on the object; None of a detector that gives none

    def check(self) -> None:
        """Refuse columns that do not fit each other, and boxes and confidences that mean nothing.

        Raises:
            UsageError: Some do.
        """
        n = len(self.names)
        masks_fit = self.masks is None or (self.masks.ndim == 3 and len(self.masks) == n)
        if self.confidences.shape != (n,) or self.boxes.shape != (n, 4) or not masks_fit:
            raise UsageError(
                f"detections want a confidence, a box of 4 and a mask, if any, for each of {n} names, not "
                f"{self.confidences.shape} and {self.boxes.shape}"
            )
        if not ((self.confidences >= 0) & (self.confidences <= 1)).all():
            raise UsageError("the confidence of a detection is outside [0, 1]")
        if not np.isfinite(self.boxes).all() or not (self.boxes[:, :2] <= self.boxes[:, 2:]).all():
            raise UsageError("the box of a detection is not left, top, right, bottom in finite numbers")


def crops(picture: torch.Tensor, detections: Detections, rows: np.ndarray) -> list[Image.Image]:
    """Some of the detected objects, cut out of their picture; at least one pixel each.

    What the object's mask leaves out is grey (#999). Without masks the whole box is taken as it is, and what stands
    behind the object with it, as the released GenEval does (``ImageCrops``).

    Args:
        picture: (3, H, W) uint8.
        detections: of that picture.
        rows: of the detections that are wanted, in the order of the crops.
    """
    pixels = picture.permute(1, 2, 0).cpu().numpy()
    height, width = pixels.shape[:2]
    found = []
    for row in rows.tolist():
        shown = pixels
        if detections.masks is not None:
            shown = np.where(detections.masks[row][:, :, None], pixels, BACKGROUND)
        left, top, right, bottom = np.rint(detections.boxes[row]).astype(int).tolist()
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        part = shown[top : max(bottom, top + 1), left : max(right, left + 1)]
        found.append(Image.fromarray(np.ascontiguousarray(part)))
    return found
