"""Listings: the events of feeds, the last known state, and the change facts."""
