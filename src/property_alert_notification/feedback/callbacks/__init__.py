"""Receives callbacks of providers: what became of a message."""
