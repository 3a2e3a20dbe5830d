"""What workers report of their providers."""
