"""Operators see which listings are of one home, and correct it."""
