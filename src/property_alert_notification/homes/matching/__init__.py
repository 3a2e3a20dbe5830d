"""Which saved searches match a listing: an index in memory, exact to the last edge."""
