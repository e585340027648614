"""Edits of texts: each takes and gives ``(B, 2)`` object arrays, an article and its reference per row."""

from failscape.concepts.text.base import TextConcept as TextConcept
from failscape.concepts.text.grid import EditGrid as EditGrid
from failscape.concepts.text.registry import FSRL_EDITS as FSRL_EDITS
from failscape.concepts.text.registry import TEXT_CONCEPTS as TEXT_CONCEPTS
