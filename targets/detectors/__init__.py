"""Adapters of object detectors, and the colours of what they find."""
