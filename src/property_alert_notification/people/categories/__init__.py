"""Defines what the categories of notifications mean: built-in, in a file, or by API."""
