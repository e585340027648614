"""What drawn pictures say beside failure rates: what a second scorer says of them, and what is confused."""
