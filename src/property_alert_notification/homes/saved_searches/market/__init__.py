"""What a search would match now, and how often it would alert: over the listings on the market and their changes."""
