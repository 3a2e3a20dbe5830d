"""Answers what becomes of a message to a person at any moment, and which rule decides it."""
