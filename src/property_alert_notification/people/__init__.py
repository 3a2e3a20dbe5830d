"""Preferences, profiles, categories, hours and caps: the data about users, and the decisions about their messages."""
