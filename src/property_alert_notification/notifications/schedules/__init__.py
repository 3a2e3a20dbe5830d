"""Schedules: recurring notifications, each with a rule, a local start and the content of its notifications."""
