"""Edits of prompts: what stands in their slots."""
