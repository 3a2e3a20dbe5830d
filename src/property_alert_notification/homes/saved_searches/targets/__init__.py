"""Whom searches alert, and how."""
