"""Reports that name no known delivery yet."""
