"""Explains what became of a home for a user: each search condition by condition, what was told, and what would be."""
