"""Real listings through a running service, to see it work."""
