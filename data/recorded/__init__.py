"""Tables of evaluations that somebody already has: read, their columns made axes, rows joined in items."""
