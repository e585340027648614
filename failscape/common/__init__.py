"""What every folder may import: small helpers that know nothing of ours."""
