"""The records of listings, as they are stored."""
