"""Failure rates over the grid: measured, compared, weighed by usage."""
