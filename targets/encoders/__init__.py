"""Encoders: frozen models that turn pictures or texts into vectors, and a cache of these."""
