"""Reads what the store knows of alerts and their homes right before they are sent."""
