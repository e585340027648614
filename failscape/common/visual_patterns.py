"""The visual patterns of MMVP (Tong et al. 2024): what pairs differ in that CLIP takes for alike."""

from __future__ import annotations

from collections.abc import Mapping

PATTERNS: Mapping[str, str] = {  # by short names
    "orientation": "orientation and direction",
    "presence": "presence of specific features",
    "state": "state and condition",
    "quantity": "quantity and count",
    "position": "positional and relational context",
    "color": "color and appearance",
    "structure": "structural and physical characteristics",
    "text": "text",
    "viewpoint": "viewpoint and perspective",
}
