"""ONCE: a repeated call gets the answer of the first."""
