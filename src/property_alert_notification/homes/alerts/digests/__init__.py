"""Collects what searches matched that do not alert at once, for the digests of their schedules."""
