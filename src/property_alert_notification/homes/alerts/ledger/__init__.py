"""Who was told what of a home."""
