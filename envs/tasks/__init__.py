"""Environments by task: one factory for each family."""
