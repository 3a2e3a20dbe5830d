"""Checks API keys, scopes and rates, and records changes to keys."""
