"""Adapters from a URI to a frozen model."""
