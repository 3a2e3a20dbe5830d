"""Finds the older alerts about the same home whose facts a newer one tells."""
