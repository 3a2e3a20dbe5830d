"""Stores what workers report about their providers, for operators."""
