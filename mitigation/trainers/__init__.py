"""Trainers, one for each family."""
