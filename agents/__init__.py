"""Explorers: what chooses the next edit."""
