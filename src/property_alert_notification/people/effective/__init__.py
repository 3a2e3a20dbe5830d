"""Explains the decision about a message to a person at any moment, and which rule decides it."""
