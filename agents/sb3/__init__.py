"""Agents of Stable-Baselines3, which learn values or policies, and what they need here."""
