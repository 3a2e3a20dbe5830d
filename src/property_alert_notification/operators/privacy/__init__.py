"""What is stored about people: which tables, for how long, its export and its erasure."""
