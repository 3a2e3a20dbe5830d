"""Digests: what was collected for one user, channel and category becomes one notification."""
