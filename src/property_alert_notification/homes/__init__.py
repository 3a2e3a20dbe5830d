"""Homes on the market: what feeds say about them, and what has changed."""
