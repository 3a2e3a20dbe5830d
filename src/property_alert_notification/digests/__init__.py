"""Digests: one notification for the deliveries that were collected for one user, channel and category."""
