"""Who was written to: the addresses of a user, and the users of an address."""
