"""Which users and addresses were erased, as keyed hashes, and which erasures are in progress."""
