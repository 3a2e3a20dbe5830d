"""The ends of digests: their items end with them, and follow reports about them."""
