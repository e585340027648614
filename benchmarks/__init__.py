"""Figures that the documentation quotes. ``python -m benchmarks.NAME --json PATH`` measures one of them again."""
