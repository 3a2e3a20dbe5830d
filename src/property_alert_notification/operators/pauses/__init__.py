"""Pauses and resumes sending, by channel, by category or altogether."""
