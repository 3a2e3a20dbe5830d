"""Notifications that were accepted without addresses and wait for a profile in the directory."""
