"""Exact mining: all pairs of items that one encoder tells apart and another one does not, whatever their number."""
