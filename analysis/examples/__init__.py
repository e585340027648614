"""Failures to look at: which are shown, made again from their probes, and how each kind of item looks everywhere."""
