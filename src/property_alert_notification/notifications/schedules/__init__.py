"""Recurring notifications: a rule, a start in local time, and what is sent at each occurrence."""
