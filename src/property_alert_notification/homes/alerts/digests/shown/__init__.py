"""The prices that digests have shown."""
