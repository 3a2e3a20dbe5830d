"""What a saved search asks of a home: one form for `Criteria` and `$filter`, and its evaluation. Pure."""
