"""Shows the record of administrative changes."""
