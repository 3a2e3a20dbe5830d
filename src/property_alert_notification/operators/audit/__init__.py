"""Shows the audit record: all changes by operators and callers with `admin`."""
