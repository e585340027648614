"""Diffusion models that draw pictures from texts."""
