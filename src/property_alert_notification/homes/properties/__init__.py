"""Which listings are of the same home."""
