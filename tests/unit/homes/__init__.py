"""What homes on the market are, and what has changed."""
