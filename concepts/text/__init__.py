"""Edits of texts: each takes and gives ``(B, 2)`` object arrays, an article and its reference per row."""
