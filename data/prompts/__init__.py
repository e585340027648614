"""Prompts that pictures are made of, and what must be in the pictures."""
