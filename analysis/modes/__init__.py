"""Failure modes: found, confirmed on held-out items, written and read."""
