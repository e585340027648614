"""Grids as a person sees them: names of points and regions, neighbours, charts that suit."""
