"""Sends notifications and alerts about real listings through a running service."""
