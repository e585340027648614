"""Image edits by name."""

from __future__ import annotations

from failscape.concepts.base import Concept
from failscape.concepts.images.blur import GaussianBlur
from failscape.concepts.images.geometry import Flip, ShiftX, ShiftY, Zoom
from failscape.concepts.images.motion import MotionBlur
from failscape.concepts.images.noise import GaussianNoise, Jpeg
from failscape.concepts.images.occlusion import OccludedPlace, Occlusion
from failscape.concepts.images.rotation import Rotation
from failscape.concepts.images.tone import Brightness, Contrast, Darken, Hue, Saturation
from failscape.concepts.images.weather import Fog, Rain, Snow

IMAGE_CONCEPTS: dict[str, type[Concept]] = {
    concept.name: concept
    for concept in (
        *(Rotation, Zoom, ShiftX, ShiftY, Flip),
        *(Darken, Brightness, Contrast, Saturation, Hue),
        *(GaussianBlur, MotionBlur, GaussianNoise, Jpeg),
        *(Occlusion, OccludedPlace, Fog, Rain, Snow),
    )
}
