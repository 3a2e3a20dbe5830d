"""Sends alerts about real listings through a running service."""
