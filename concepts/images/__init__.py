"""Edits of images."""
