"""Corpora that pairs are mined from."""
