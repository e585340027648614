"""Concept-editing MDPs and their Gymnasium views."""
