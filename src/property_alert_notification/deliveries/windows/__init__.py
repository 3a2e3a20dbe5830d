"""Digest windows: each collects the deliveries of one user, channel and category until its digest is made."""
