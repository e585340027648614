"""What mined pairs say: which facts of items differ between the two of a pair."""
