"""Sends messages: one file for each channel, one for each provider."""
