"""Erases what is stored about a person, in parts."""
