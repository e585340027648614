"""Concepts by name, and the grids that papers used."""

from __future__ import annotations

from typing import Any

from failscape.concepts.text.registry import ANY_LANGUAGE_EDITS, FSRL_EDITS, PAIRED_EDITS, SHARE_EDITS

# FSRL (arXiv 2406.07145), macroscopic classification: axes in the order of its action index 25i + 5j + k,
# edits applied in another order. Its code turns pictures with torchvision's default, the nearest pixel.
FSRL = {
    "levels": {
        "rotation": [-10, -5, 0, 5, 10],
        "darken": [0.1, 0.2, 0.3, 0.4, 0.5],
        "saturation": [0.5, 0.55, 0.6, 0.65, 0.7],
    },
    "order": ["rotation", "saturation", "darken"],
    "options": {"rotation": {"interpolation": "nearest"}},
}
PRESETS: dict[str, dict[str, Any]] = {
    "fsrl": FSRL,
    "fsrl-text": {"edits": list(FSRL_EDITS)},
    "text": {"edits": list(SHARE_EDITS)},
    "text-any": {"edits": list(ANY_LANGUAGE_EDITS)},
    "text-pairs": {"edits": list(PAIRED_EDITS), "pairs": True},
}
