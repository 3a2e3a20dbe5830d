"""The types, ids and order of events."""
