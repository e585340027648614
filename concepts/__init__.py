"""Concepts: edits a person can name, and the grid they span."""

from failscape.concepts.base import Concept as Concept
from failscape.concepts.parsing import concept_space as concept_space
from failscape.concepts.space import ConceptSpace as ConceptSpace
