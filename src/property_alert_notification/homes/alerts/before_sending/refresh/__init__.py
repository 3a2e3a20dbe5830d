"""Decides what each alert tells now, from its stored details and from newer and older alerts about the same home."""
