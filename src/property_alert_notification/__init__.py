"""Tells the right person of the right home, on the channel they chose, once."""

__version__ = "0.1.0"
