"""Shows the audit record."""
