"""Reads messages that people send to our numbers."""
