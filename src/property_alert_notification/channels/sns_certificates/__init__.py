"""Keeps the certificates that verified messages of Amazon SNS, so that they need not be fetched after a restart."""
