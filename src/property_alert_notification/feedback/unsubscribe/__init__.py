"""Unsubscribing by a link in a message (RFC 8058)."""
