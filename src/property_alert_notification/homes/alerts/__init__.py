"""Tells people of listings that their saved searches match: once per person, property and fact."""
