"""Stores the preferences of each user."""
