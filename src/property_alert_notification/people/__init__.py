"""Stores what is known about users."""
